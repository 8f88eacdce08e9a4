import { createProgress } from '../../../src/setup/progress.mjs';
import { until } from '../../fakes/until.ts';
import { BenchDesktops } from '../desktops/bench-desktops.ts';
import { connect, end, leaveToSleep, type Way } from '../desktops/desktop-user.ts';
import { waitForTemplate } from '../desktops/template-wait.ts';
import { countsOf } from '../options.ts';
import { median, percentile, rounded } from '../statistics.ts';

/**
 * Milliseconds from the call for a session to the first picture that is not of one colour, whole,
 * at the other end of the gateway.
 */
export type TimeToDesktopResult = {
  /** Of clones of each engine, of os-level desktops and of spares, each. */
  sessions: number;
  cloneP50Ms: number;
  cloneP99Ms: number;
  coldP50Ms: number;
  /** The same two of the engine `full`. */
  fullCloneP50Ms: number;
  fullColdP50Ms: number;
  osLevelP50Ms: number;
  osLevelP99Ms: number;
  /** Of a desktop that was kept ready. */
  sparePickupP50Ms: number;
  /** Of a clone that was suspended to disk, as it was left. */
  wakeP50Ms: number;
  wakeP99Ms: number;
  ratioColdToClone: number;
  /** When each part of the way to a clone was done, since the call. */
  cloneWayP50Ms: Way;
  osLevelWayP50Ms: Way;
};

type Counts = { sessions: number; cold: number; wakes: number };
const kinds = ['clone', 'fullClone', 'osLevel', 'cold', 'fullCold', 'spare', 'wake'] as const;
type Kind = (typeof kinds)[number];
type Ways = Record<Kind, Way[]>;

const spareLimitMs = 60_000;

/** `--sessions` of each kind, so many cold boots: `--cold`, and desktops that wake: `--wakes`. */
export async function benchTimeToDesktop(args: readonly string[]): Promise<TimeToDesktopResult> {
  const counts = countsOf(args, { sessions: 30, cold: 5, wakes: 10 });
  const desktops = await BenchDesktops.open(Math.max(1, counts.wakes));
  try {
    return resultOf(counts, await measure(desktops, counts));
  } finally {
    await desktops.dispose();
  }
}

async function measure(desktops: BenchDesktops, { sessions, cold, wakes }: Counts): Promise<Ways> {
  const progress = createProgress({ output: process.stderr, now: Date.now });
  const templates = progress.begin('Templates');
  const clone = await desktops.addPool({ name: 'Clones', ...para });
  const fullClone = await desktops.addPool({ name: 'Full clones', ...full });
  await waitForTemplate(desktops, clone);
  await waitForTemplate(desktops, fullClone);
  templates.done();

  const booting = { instantClones: false };
  const often = {
    clone,
    fullClone,
    osLevel: await desktops.addPool({ name: 'Shared', ...para, engine: 'os-level' }),
  };
  const seldom = {
    cold: await desktops.addPool({ name: 'Boots', ...para, ...booting }),
    fullCold: await desktops.addPool({ name: 'Full boots', ...full, ...booting }),
  };
  const ways: Ways = {
    clone: [],
    fullClone: [],
    osLevel: [],
    cold: [],
    fullCold: [],
    spare: [],
    wake: [],
  };
  // In turns, so that whatever else the machine does meets them all.
  const turns = progress.begin('Clones, boots and os-level desktops');
  for (let turn = 0; turn < sessions; turn += 1) {
    await goTo(desktops, often, ways);
    if (ways.cold.length < (cold * (turn + 1)) / sessions) await goTo(desktops, seldom, ways);
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

  const sleeping = progress.begin('Desktops that wake');
  ways.wake = await waysToWake(desktops, wakes);
  sleeping.done();
  return ways;
}

/** So many desktops at once fall asleep, and are woken one after the other. */
async function waysToWake(desktops: BenchDesktops, count: number): Promise<Way[]> {
  const pool = { name: 'Sleepers', ...para, suspendAfterMinutes: 1 };
  const poolId = await desktops.addPool(pool);
  const users = desktops.users.slice(0, count);
  const asleep = users.map(async (user) => leaveToSleep(user, await connect(user, poolId)));
  await Promise.all(asleep);
  const ways: Way[] = [];
  for (const user of users) {
    const woken = await connect(user, poolId);
    ways.push(woken.way);
    await end(user, woken);
  }
  return ways;
}

const para = { engine: 'para', instantClones: true, spares: 0 } as const;
const full = { ...para, engine: 'full' } as const;

/** Once to a desktop of each pool. */
async function goTo(
  desktops: BenchDesktops,
  pools: Partial<Record<Kind, string>>,
  ways: Ways,
): Promise<void> {
  for (const kind of kinds) {
    const pool = pools[kind];
    if (pool !== undefined) ways[kind].push(await wayTo(desktops, pool));
  }
}

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
  const painted = (kind: Kind): number[] => ways[kind].map((way) => way.painted);
  const middle = (kind: Kind): number => rounded(median(painted(kind)));
  return {
    sessions,
    cloneP50Ms: middle('clone'),
    cloneP99Ms: rounded(percentile(painted('clone'), 0.99)),
    coldP50Ms: middle('cold'),
    fullCloneP50Ms: middle('fullClone'),
    fullColdP50Ms: middle('fullCold'),
    osLevelP50Ms: middle('osLevel'),
    osLevelP99Ms: rounded(percentile(painted('osLevel'), 0.99)),
    sparePickupP50Ms: middle('spare'),
    wakeP50Ms: middle('wake'),
    wakeP99Ms: rounded(percentile(painted('wake'), 0.99)),
    ratioColdToClone: rounded(median(painted('cold')) / median(painted('clone'))),
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
