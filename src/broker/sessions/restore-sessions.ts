import type { Clock } from '../../contract/clock.ts';
import { problem } from '../../contract/errors.ts';
import type { Host, Machine } from '../../desktops/engine.ts';
import { rememberedBoot } from './boot-progress.ts';
import type { LiveSession, LiveSessionFacts } from './live-session.ts';
import type { SessionRecord } from './session-record.ts';
import type { SessionRow, SessionRows } from './session-rows.ts';
import type { StepDurations } from './step-durations.ts';

type Deps = {
  rows: SessionRows;
  durations: StepDurations;
  clock: Clock;
  host: Pick<Host, 'adopt'>;
  record: Pick<SessionRecord, 'buried'>;
  /** Makes a session live again. */
  follow(machine: Machine, facts: LiveSessionFacts): LiveSession;
};

/**
 * Terminals may have seen a few changes that a killed broker did not get to write down; a restored
 * session has to be newer than those too, or a long poll would sleep through it.
 */
const revisionsPerBoot = 16;

/** Takes up the sessions that an earlier broker left running, and closes the books on the rest. */
export async function restoreSessions(deps: Deps): Promise<void> {
  const { rows, clock, host } = deps;
  const unfinished = await rows.unfinished();
  const wanted = unfinished.filter((row) => row.state !== 'ending' && row.expires_at > clock.now());
  const { adopted } = await host.adopt(new Set(wanted.map((row) => row.id)));
  const machines = new Map(adopted.map((machine) => [machine.spec.id, machine]));
  for (const row of unfinished) {
    const machine = machines.get(row.id);
    await (machine === undefined ? bury(deps, row) : takeUp(deps, row, machine));
  }
}

async function takeUp(deps: Deps, row: SessionRow, machine: Machine): Promise<void> {
  const { durations, clock, follow } = deps;
  const seen = await durations.ofSession(row.id);
  const session = follow(machine, {
    id: row.id,
    userId: row.user_id,
    terminalId: row.terminal_id,
    desktop: { id: row.desktop_id, name: row.desktop_name, engine: row.engine, image: row.image },
    state: row.state,
    revision: row.revision + revisionsPerBoot,
    startedAt: row.started_at,
    expiresAt: row.expires_at,
    usedAt: row.used_at,
    boot: rememberedBoot(seen, clock.now()),
    expected: await durations.expected(row.engine, row.image),
  });
  session.save();
}

async function bury({ rows, clock, record }: Deps, row: SessionRow): Promise<void> {
  const end = epitaph(row, clock.now());
  await rows.update(row.id, { ...end, revision: row.revision + revisionsPerBoot }, clock.now());
  // Of one that was ending it was told when that began.
  if (row.state !== 'ending') await record.buried(row, end.problem);
}

function epitaph(row: SessionRow, now: number): Pick<SessionRow, 'state' | 'problem'> {
  if (row.state === 'ending') return { state: 'ended', problem: row.problem };
  if (row.expires_at <= now) return { state: 'ended', problem: problem('stream-time-limit') };
  const detail = 'it was gone when the broker came back';
  return { state: 'failed', problem: problem('guest-failed', { detail }) };
}
