import type { Clock } from '../../contract/clock.ts';
import { type Backoff, createBackoff } from '../backoff.ts';
import type { LiveSession } from '../sessions/live-session.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Database } from '../store/store.ts';

/** Suspends desktops that nobody looks at. */
export type IdleSuspender = {
  /** Goes by what the pools say. */
  look(): Promise<void>;
  /**
   * The desktop that nobody has looked at for longest, but for a minute at least, since the host is
   * short of memory; where it can't be suspended, the next. False where none was.
   */
  suspendOne(): Promise<boolean>;
};

type Deps = {
  db: Database;
  clock: Clock;
  sessions: Pick<Sessions, 'live'>;
  /** Whether a stream of the session is open. */
  isWatched(sessionId: string): boolean;
  onFault(error: unknown): void;
};

/** Whoever has just left, or is about to come back, keeps the desktop even on a host that is short. */
const leastIdleMs = 60_000;

export function createIdleSuspender(deps: Deps): IdleSuspender {
  const { db, clock, sessions, isWatched, onFault } = deps;
  /** Who watched under an earlier broker has to have the time to come back. */
  const begunAt = clock.now();
  /** When a session was last seen to have a viewer. */
  const watchedAt = new Map<string, number>();

  /** Of sessions whose desktop could not be saved: it would fail again, and writes a lot each time. */
  const waits = new Map<string, { until: number; backoff: Backoff }>();

  /** All that run, with who watches written down as of now. */
  function running(): readonly LiveSession[] {
    const now = clock.now();
    const all = sessions.live();
    const ids = new Set(all.map(({ facts }) => facts.id));
    for (const known of [watchedAt, waits]) {
      for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
    }
    for (const { facts } of all) if (isWatched(facts.id)) watchedAt.set(facts.id, now);
    return all;
  }

  /** For how long nobody has looked at it, in milliseconds; none where it can't be suspended now. */
  function idleMsOf(session: LiveSession): number {
    const { id, usedAt } = session.facts;
    const now = clock.now();
    const hasToWait = now < (waits.get(id)?.until ?? 0);
    if (!isSuspendable(session) || isWatched(id) || hasToWait) return 0;
    return now - Math.max(usedAt, watchedAt.get(id) ?? begunAt);
  }

  /** Those that may be worth it, the one that was idle for longest first. */
  function candidates(): LiveSession[] {
    return running().toSorted((a, b) => idleMsOf(b) - idleMsOf(a));
  }

  /** Somebody may have come while others were suspended, so it looks again. */
  async function suspendIfIdle(session: LiveSession, atLeastMs: number): Promise<boolean> {
    const isThere = running().includes(session);
    return isThere && idleMsOf(session) >= atLeastMs && (await suspend(session));
  }

  async function suspend({ facts: { id }, machine }: LiveSession): Promise<boolean> {
    try {
      await machine.suspend();
      waits.delete(id);
      return true;
    } catch (error) {
      const backoff = waits.get(id)?.backoff ?? createBackoff();
      waits.set(id, { backoff, until: clock.now() + backoff.next(clock.now()) });
      onFault(error);
      return false;
    }
  }

  return {
    look: async () => {
      const rows = await db
        .selectFrom('pools')
        .select(['id', 'suspend_after_minutes'])
        .where('suspend_after_minutes', 'is not', null)
        .execute();
      const limits = new Map(rows.map((row) => [row.id, row.suspend_after_minutes]));
      for (const session of candidates()) {
        const minutes = limits.get(session.facts.desktop.id) ?? null;
        if (minutes !== null) await suspendIfIdle(session, minutes * 60_000);
      }
    },
    suspendOne: async () => {
      for (const session of candidates()) {
        if (await suspendIfIdle(session, leastIdleMs)) return true;
      }
      return false;
    },
  };
}

/** Virtual servers and masters are none of ours: their sessions end without them. */
function isSuspendable({ facts, machine, outlivesSession }: LiveSession): boolean {
  return (
    facts.state === 'running' &&
    machine.state.kind === 'running' &&
    machine.spec.engine !== 'os-level' &&
    !outlivesSession
  );
}
