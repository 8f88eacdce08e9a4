import type { Clock } from '../../contract/clock.ts';
import { problem } from '../../contract/errors.ts';
import { closedSessionPolicy, type SessionPolicy } from '../../contract/session-policy.ts';
import type { Machine } from '../../desktops/engine.ts';
import type { Desktops } from '../desktops.ts';
import { rememberedBoot } from './boot-progress.ts';
import type { LiveSession, LiveSessionFacts } from './live-session.ts';
import type { SessionRecord } from './session-record.ts';
import type { SessionRow, SessionRows } from './session-rows.ts';
import type { StepDurations } from './step-durations.ts';
import type { Lease } from './supply.ts';

type Deps = {
  rows: SessionRows;
  durations: StepDurations;
  clock: Clock;
  desktops: Pick<Desktops, 'resume' | 'policyOf'>;
  record: Pick<SessionRecord, 'buried' | 'endTold'>;
  /** Makes a session live again. */
  follow(lease: Lease, facts: LiveSessionFacts): LiveSession;
};

/**
 * Terminals may have seen a few changes that a killed broker did not get to write down; a restored
 * session has to be newer than those too, or a long poll would sleep through it.
 */
const revisionsPerBoot = 16;

/**
 * Ids of the machines that sessions of an earlier broker have. Also of those that shall end: a guest
 * whose disk is kept has to shut down, and only its lease knows how.
 */
export async function sessionMachines({ rows }: Pick<Deps, 'rows'>): Promise<ReadonlySet<string>> {
  return new Set((await rows.unfinished()).flatMap((row) => row.machine_id ?? []));
}

/**
 * Takes up the sessions that an earlier broker left running, ends those whose time has come, and
 * closes the books on the rest. Gives the ids of the machines that sessions have now.
 */
export async function restoreSessions(
  deps: Deps,
  adopted: readonly Machine[],
): Promise<ReadonlySet<string>> {
  const machines = new Map(adopted.map((machine) => [machine.spec.id, machine]));
  const taken: { row: SessionRow; lease: Lease }[] = [];
  for (const row of await deps.rows.unfinished()) {
    const machine = machines.get(row.machine_id ?? '');
    const wish = { userId: row.user_id, desktopId: row.desktop_id };
    const lease = machine === undefined ? null : await deps.desktops.resume(wish, machine);
    if (lease === null) await bury(deps, row);
    else taken.push({ row, lease });
  }
  // Once all have their machines again: one that ends at once must not take another's with it.
  for (const { row, lease } of taken) await takeUp(deps, row, lease);
  return new Set(taken.map(({ lease }) => lease.machine.spec.id));
}

async function takeUp(deps: Deps, row: SessionRow, lease: Lease): Promise<void> {
  const { durations, clock, follow, record } = deps;
  const seen = await durations.ofSession(row.id);
  const session = follow(lease, {
    id: row.id,
    userId: row.user_id,
    terminalId: row.terminal_id,
    desktop: { id: row.desktop_id, name: row.desktop_name, engine: row.engine, image: row.image },
    state: row.state,
    revision: row.revision + revisionsPerBoot,
    startedAt: row.started_at,
    expiresAt: row.expires_at,
    usedAt: row.used_at,
    policy: await policyOf(deps, row),
    boot: rememberedBoot(seen, clock.now()),
    expected: await durations.expected(row.engine, row.image),
  });
  if (row.state === 'ending') {
    record.endTold(session);
    session.endOn(row.problem);
  } else if (row.expires_at <= clock.now()) {
    session.end('expired');
  }
  session.save();
}

/** One who is not entitled any more is let in nowhere; what would be allowed does not matter. */
async function policyOf({ desktops }: Deps, row: SessionRow): Promise<SessionPolicy> {
  return (await desktops.policyOf(row.user_id, row.desktop_id)) ?? closedSessionPolicy;
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
