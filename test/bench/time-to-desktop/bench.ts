import { createProgress } from '../../../src/setup/progress.mjs';
import { until } from '../../fakes/until.ts';
import { BenchDesktops } from '../desktops/bench-desktops.ts';
import { connect, end, type Way } from '../desktops/desktop-user.ts';
import { waitForTemplate } from '../desktops/template-wait.ts';
import { countsOf } from '../options.ts';
import { median, percentile, rounded } from '../statistics.ts';

/**
 * Milliseconds from the call for a session to the first picture that is not of one colour, whole,
 * at the other end of the gateway.
 */
export type TimeToDesktopResult = {
  /** Of clones, of os-level desktops and of spares, each. */
  sessions: number;
  cloneP50Ms: number;
  cloneP99Ms: number;
  coldP50Ms: number;
  osLevelP50Ms: number;
  osLevelP99Ms: number;
  /** Of a desktop that was kept ready. */
  sparePickupP50Ms: number;
  ratioColdToClone: number;
  /** When each part of the way to a clone was done, since the call. */
  cloneWayP50Ms: Way;
  osLevelWayP50Ms: Way;
};

type Counts = { sessions: number; cold: number };
type Ways = { clone: Way[]; cold: Way[]; osLevel: Way[]; spare: Way[] };

const spareLimitMs = 60_000;

/** `--sessions` of each kind, and so many cold boots: `--cold`. */
export async function benchTimeToDesktop(args: readonly string[]): Promise<TimeToDesktopResult> {
  const counts = countsOf(args, { sessions: 30, cold: 5 });
  const desktops = await BenchDesktops.open(1);
  try {
    return resultOf(counts, await measure(desktops, counts));
  } finally {
    await desktops.dispose();
  }
}

async function measure(desktops: BenchDesktops, { sessions, cold }: Counts): Promise<Ways> {
  const progress = createProgress({ output: process.stderr, now: Date.now });
  const template = progress.begin('Template');
  const clones = await desktops.addPool({ name: 'Clones', ...para, instantClones: true });
  await waitForTemplate(desktops, clones);
  template.done();

  const ways: Ways = { clone: [], cold: [], osLevel: [], spare: [] };
  const colds = await desktops.addPool({ name: 'Boots', ...para, instantClones: false });
  const osLevel = await desktops.addPool({ name: 'Shared', ...para, engine: 'os-level' });
  // In turns, so that whatever else the machine does meets them all.
  const turns = progress.begin('Clones, boots and os-level desktops');
  for (let turn = 0; turn < sessions; turn += 1) {
    ways.clone.push(await wayTo(desktops, clones));
    ways.osLevel.push(await wayTo(desktops, osLevel));
    if (ways.cold.length < (cold * (turn + 1)) / sessions) {
      ways.cold.push(await wayTo(desktops, colds));
    }
    turns.update((turn + 1) / sessions);
  }
  turns.done();

  const spares = await desktops.addPool({ name: 'Spares', ...para, spares: 1 });
  const pickups = progress.begin('Spares');
  for (let turn = 0; turn < sessions; turn += 1) {
    await until('a spare is ready', () => hasSpare(desktops, spares), spareLimitMs);
    ways.spare.push(await wayTo(desktops, spares));
    pickups.update((turn + 1) / sessions);
  }
  pickups.done();
  return ways;
}

const para = { engine: 'para', instantClones: true, spares: 0 } as const;

async function wayTo({ user }: BenchDesktops, desktopId: string): Promise<Way> {
  const connected = await connect(user, desktopId);
  await end(user, connected);
  return connected.way;
}

async function hasSpare({ broker }: BenchDesktops, poolId: string): Promise<boolean> {
  const pools = await broker.admin((admin) => admin.listPools());
  return (pools.find(({ id }) => id === poolId)?.desktops.spare ?? 0) > 0;
}

function resultOf({ sessions }: Counts, ways: Ways): TimeToDesktopResult {
  const clone = ways.clone.map(({ painted }) => painted);
  const osLevel = ways.osLevel.map(({ painted }) => painted);
  const cold = median(ways.cold.map(({ painted }) => painted));
  return {
    sessions,
    cloneP50Ms: rounded(median(clone)),
    cloneP99Ms: rounded(percentile(clone, 0.99)),
    coldP50Ms: rounded(cold),
    osLevelP50Ms: rounded(median(osLevel)),
    osLevelP99Ms: rounded(percentile(osLevel, 0.99)),
    sparePickupP50Ms: rounded(median(ways.spare.map(({ painted }) => painted))),
    ratioColdToClone: rounded(cold / median(clone)),
    cloneWayP50Ms: medianWay(ways.clone),
    osLevelWayP50Ms: medianWay(ways.osLevel),
  };
}

function medianWay(ways: readonly Way[]): Way {
  const middle = (part: keyof Way): number => rounded(median(ways.map((way) => way[part])));
  return {
    accepted: middle('accepted'),
    running: middle('running'),
    ticket: middle('ticket'),
    painted: middle('painted'),
  };
}
