import { randomUUID } from 'node:crypto';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Actor } from '../audit/actor.ts';
import { beginBoot } from './boot-progress.ts';
import type { LiveSession, LiveSessionFacts } from './live-session.ts';
import type { Seat } from './seat.ts';
import type { NamedRow, SessionRecord } from './session-record.ts';
import type { SessionRows } from './session-rows.ts';
import type { StepDurations } from './step-durations.ts';
import type { Lease, Offer, Supply, Wish } from './supply.ts';

/** New sessions, from the wish for a desktop until there is a machine. */
export type SessionStarts = {
  /**
   * Begins a session on a desktop, or joins in where one of the user's is just begun there.
   * @throws host-full, and what the supply has no machine because of
   */
  begin(seat: Seat, desktop: { offer: Offer; supply: Supply }, by: Actor): Promise<LiveSession>;
};

type Deps = {
  clock: Clock;
  limits: { sessionSeconds: number; maxSessions: number };
  rows: Pick<SessionRows, 'insert' | 'update'>;
  record: Pick<SessionRecord, 'started' | 'buried'>;
  durations: Pick<StepDurations, 'expected'>;
  /** Aborted when the broker is about to stop. */
  closing: AbortSignal;
  /** How many have a machine already. */
  liveCount(): number;
  /** Writes it down after all that was to be written before. */
  write(action: () => Promise<void>): void;
  /** Resolves when all that was to be written is. */
  written(): Promise<void>;
  /** Makes a session live. */
  follow(lease: Lease, facts: LiveSessionFacts): LiveSession;
};

export function createSessionStarts(deps: Deps): SessionStarts {
  const { clock, limits, rows, record, durations, closing, write } = deps;
  const starting = new Map<string, Promise<LiveSession>>();

  async function create(
    seat: Seat,
    { offer, supply }: { offer: Offer; supply: Supply },
    by: Actor,
  ): Promise<LiveSession> {
    if (deps.liveCount() + starting.size >= limits.maxSessions) {
      const detail = `as many desktops run as the broker may have: ${limits.maxSessions}`;
      throw new CodedError('host-full', { detail });
    }
    const { id: desktopId, name, engine, image, policy } = offer;
    const desktop = { id: desktopId, name, engine, image };
    const id = randomUUID();
    const now = clock.now();
    const expiresAt = now + limits.sessionSeconds * 1000;
    const expected = await durations.expected(engine, image);
    // The session before this one may not be written down as over yet.
    await deps.written();
    // Written first, so that a broker that is killed meanwhile leaves nothing that nobody knows of.
    await rows.insert({
      id,
      machine_id: null,
      user_id: seat.userId,
      desktop_id: desktopId,
      desktop_name: name,
      engine,
      image,
      terminal_id: seat.terminalId,
      state: 'starting',
      revision: 0,
      started_at: now,
      expires_at: expiresAt,
      used_at: now,
      ended_at: null,
      end_asked_at: null,
      accelerator: null,
      problem: null,
      console_log: null,
      qemu_log: null,
    });
    await record.started({ id, desktop }, by);
    const session = { id, desktop_name: name };
    const lease = await leaseOrFail(session, supply, { userId: seat.userId, desktopId });
    const { spec, logs } = lease.machine;
    const served = { machine_id: spec.id, console_log: logs.console, qemu_log: logs.qemu };
    write(() => rows.update(id, served, now));
    return deps.follow(lease, {
      id,
      ...seat,
      desktop,
      state: 'starting',
      revision: 0,
      startedAt: now,
      expiresAt,
      usedAt: now,
      policy,
      boot: beginBoot(now),
      expected,
    });
  }

  /** What can't be had ends the session before it began. */
  async function leaseOrFail(session: NamedRow, supply: Supply, wish: Wish): Promise<Lease> {
    try {
      if (closing.aborted) throw stopping();
      const lease = await supply.lease(wish);
      if (!closing.aborted) return lease;
      await lease.end('broker-stopping');
      throw stopping();
    } catch (error) {
      const { problem } = error instanceof CodedError ? error : new CodedError('internal-error');
      write(() => rows.update(session.id, { state: 'failed', problem }, clock.now()));
      write(() => record.buried(session, problem));
      throw error;
    }
  }

  return {
    begin: (seat, desktop, by) => {
      const key = `${seat.userId} ${desktop.offer.id}`;
      const begun = starting.get(key);
      if (begun !== undefined) return begun;
      const creation = create(seat, desktop, by).finally(() => starting.delete(key));
      starting.set(key, creation);
      return creation;
    },
  };
}

function stopping(): CodedError {
  return new CodedError('host-full', { detail: 'the broker is about to stop' });
}
