import type { User } from '../../contract/broker-api.ts';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Session } from '../../contract/session.ts';
import type { Host, Machine } from '../../desktops/engine.ts';
import { type Actor, brokerItself } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Desktops } from '../desktops.ts';
import type { Database } from '../store/store.ts';
import { LiveSession, type LiveSessionFacts } from './live-session.ts';
import { restoreSessions, sessionMachines } from './restore-sessions.ts';
import type { Seat } from './seat.ts';
import { createSessionRecord } from './session-record.ts';
import { createSessionRows, sessionFromRow } from './session-rows.ts';
import { createSessionStarts } from './session-starts.ts';
import { isLive, isOver } from './session-state.ts';
import { createStepDurations } from './step-durations.ts';
import type { Lease } from './supply.ts';

export type Sessions = {
  /** Starts a session, or gives the one that the user has on the desktop, moved to this seat. */
  start(seat: Seat, desktopId: string, by: Actor): Promise<Session>;
  /**
   * A session that still runs is out of reach, and runs on, while its user is not entitled to the
   * desktop. @throws session-not-found, desktop-not-found
   */
  get(userId: string, id: string): Promise<Session>;
  /** As `get`, once the revision is above `revision`; or after 20 s, an abort or a close. */
  waitAbove(userId: string, id: string, revision: number, signal: AbortSignal): Promise<Session>;
  /** Ends it, and answers before it has ended. @param by the broker itself when left out */
  end(userId: string, id: string, by?: Actor): Promise<Session>;
  /**
   * The session, moved to the seat so as to be streamed there; one that is suspended is woken first.
   * @throws session-not-ready, -ended, desktop-not-found; guest-failed, host-full
   */
  claim(seat: Seat, id: string): Promise<LiveSession>;
  find(id: string): LiveSession | null;
  /** The session last used at a terminal, of those that still run there. */
  latestOnTerminal(terminalId: string): Promise<{ user: User; session: Session } | null>;
  /** Takes the sessions of everyone but the user from a terminal; they run on. */
  detachOthers(terminalId: string, userId: string): Promise<void>;
  /** Ends the sessions at a terminal: one user's, or with `null` everyone's. */
  endOnTerminal(terminalId: string, userId: string | null, by?: Actor): Promise<void>;
  /** Ids of the machines that unfinished sessions of an earlier broker have. */
  claims(): Promise<ReadonlySet<string>>;
  /**
   * Takes up what an earlier broker left running, and gives the ids of the machines that were. Once,
   * before anything else.
   */
  restore(adopted: readonly Machine[]): Promise<ReadonlySet<string>>;
  /** Those that run or are suspended. */
  live(): readonly LiveSession[];
  /** Stops all desktops, or leaves them to the next broker. Waits until all is written down. */
  close(how: 'stop' | 'leave'): Promise<void>;
};

type Deps = {
  db: Database;
  clock: Clock;
  host: Pick<Host, 'shutDown'>;
  desktops: Desktops;
  audit: Pick<AuditLog, 'append'>;
  limits: { sessionSeconds: number; maxSessions: number };
  onFault(error: unknown): void;
};

const longestWaitMs = 20_000;
/** Nobody sees a step of the way that is over sooner. */
const stepWaitMs = 100;

export function createSessions(deps: Deps): Sessions {
  const { db, clock, host, desktops, limits, onFault } = deps;
  const rows = createSessionRows({ db });
  const record = createSessionRecord(deps);
  const durations = createStepDurations({ db });
  const live = new Map<string, LiveSession>();
  const closing = new AbortController();
  /** The last write begun; each waits for the one before. */
  let written: Promise<void> = Promise.resolve();

  function write(action: () => Promise<void>): void {
    written = written.then(action).catch(onFault);
  }

  function save(session: LiveSession): void {
    const { id, state, revision, terminalId, usedAt } = session.facts;
    const change = {
      state,
      revision,
      terminal_id: terminalId,
      used_at: usedAt,
      accelerator: session.machine.accelerator,
      problem: session.problem,
    };
    write(() => rows.update(id, change, clock.now()));
    if (!isLive(state)) write(() => record.ended(session));
    if (isOver(state)) write(async () => forget(session));
  }

  const starts = createSessionStarts({
    ...{ clock, limits, rows, record, durations, write, follow },
    closing: closing.signal,
    liveCount: () => live.size,
    written: () => written,
  });

  /** From here on the store answers for it. */
  function forget(session: LiveSession): void {
    live.delete(session.facts.id);
    session.dispose();
  }

  function follow(lease: Lease, facts: LiveSessionFacts): LiveSession {
    const session = new LiveSession(
      {
        clock,
        lease,
        save,
        onStep: ({ facts: { id, desktop } }, step) => {
          const { engine, image } = desktop;
          write(() => durations.record({ sessionId: id, engine, image, ...step }));
        },
      },
      facts,
    );
    live.set(facts.id, session);
    return session;
  }

  function liveOf(userId: string, desktopId: string): LiveSession | null {
    const mine = ({ facts }: LiveSession) =>
      facts.userId === userId && facts.desktop.id === desktopId && isLive(facts.state);
    return [...live.values()].find(mine) ?? null;
  }

  async function startOnce(seat: Seat, desktopId: string, by: Actor): Promise<LiveSession> {
    const desktop = await desktops.get(seat.userId, desktopId);
    const running = liveOf(seat.userId, desktopId);
    if (running !== null) {
      running.govern(desktop.offer.policy);
      return running;
    }
    return starts.begin(seat, desktop, by);
  }

  /** It goes on under what its pool allows now. @throws desktop-not-found */
  async function assertEntitled(session: LiveSession): Promise<void> {
    const { userId, desktop } = session.facts;
    const { offer } = await desktops.get(userId, desktop.id);
    session.govern(offer.policy);
  }

  async function get(userId: string, id: string): Promise<Session> {
    const session = live.get(id);
    if (session?.facts.userId === userId) await assertEntitled(session);
    return look(userId, id);
  }

  async function look(userId: string, id: string): Promise<Session> {
    const session = live.get(id);
    if (session?.facts.userId === userId) return session.view();
    const row = await rows.find(id);
    if (row === null || row.user_id !== userId) throw new CodedError('session-not-found');
    return sessionFromRow(row, await durations.ofSession(id));
  }

  function onTerminal(terminalId: string): LiveSession[] {
    return [...live.values()].filter(({ facts }) => facts.terminalId === terminalId);
  }

  return {
    start: async (seat, desktopId, by) => {
      const session = await startOnce(seat, desktopId, by);
      if (session.facts.state === 'suspended') {
        const waking = session.wake();
        // Whoever asked follows it on its way up; a fault shows there. One without room stays asleep.
        if (session.machine.state.kind === 'suspended') await waking;
        else waking.catch(onFault);
      }
      session.moveTo(seat.terminalId);
      return session.view();
    },
    get,
    waitAbove: async (userId, id, revision, signal) => {
      const session = live.get(id);
      if (session?.facts.userId === userId && session.facts.revision <= revision) {
        await changeOf(session, clock, AbortSignal.any([signal, closing.signal]));
      }
      return get(userId, id);
    },
    end: async (userId, id, by = brokerItself) => {
      const session = live.get(id);
      if (session?.facts.userId === userId) {
        record.asked(session, by);
        session.end('asked');
        await written;
      }
      return look(userId, id);
    },
    claim: async ({ userId, terminalId }, id) => {
      const session = live.get(id);
      if (session?.facts.userId !== userId) {
        await look(userId, id);
        throw new CodedError('session-ended');
      }
      await assertEntitled(session);
      if (session.facts.state === 'starting') throw new CodedError('session-not-ready');
      await session.wake();
      if (session.facts.state !== 'running') throw new CodedError('session-ended');
      session.moveTo(terminalId);
      return session;
    },
    find: (id) => live.get(id) ?? null,
    latestOnTerminal: async (terminalId) => {
      const [latest] = onTerminal(terminalId)
        .filter(({ facts }) => isLive(facts.state))
        .toSorted((a, b) => b.facts.usedAt - a.facts.usedAt);
      if (latest === undefined) return null;
      const { userId, desktop } = latest.facts;
      if (!(await desktops.isEntitled(userId, desktop.id))) return null;
      const user = await db
        .selectFrom('users')
        .select(['id', 'username', 'display_name as displayName'])
        .where('id', '=', userId)
        .executeTakeFirstOrThrow();
      return { user, session: latest.view() };
    },
    detachOthers: async (terminalId, userId) => {
      for (const session of onTerminal(terminalId)) {
        if (session.facts.userId !== userId) session.moveTo(null);
      }
      await written;
    },
    endOnTerminal: async (terminalId, userId, by = brokerItself) => {
      for (const session of onTerminal(terminalId)) {
        if (userId !== null && session.facts.userId !== userId) continue;
        record.asked(session, by);
        session.end('asked');
      }
      await written;
    },
    claims: () => sessionMachines({ rows }),
    restore: async (adopted) => {
      const parts = { rows, durations, clock, desktops, record, follow };
      const taken = await restoreSessions(parts, adopted);
      await written;
      return taken;
    },
    live: () => [...live.values()].filter(({ facts }) => isLive(facts.state)),
    close: async (how) => {
      closing.abort();
      // Left to run, a session must not be written down as whatever its machine does from now on.
      if (how === 'leave') for (const session of [...live.values()]) forget(session);
      else await Promise.all([...live.values()].map((session) => session.release()));
      await host.shutDown(how);
      await written;
    },
  };
}

/**
 * Resolves when the session is in another state; soon after it went a step further within the same
 * one, since a clone takes several at once; at an abort, or when the longest wait is over.
 */
async function changeOf(session: LiveSession, clock: Clock, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { state } = session.facts;
  const { promise, resolve } = Promise.withResolvers<void>();
  const limits = [clock.after(longestWaitMs, resolve)];
  const change = session.onChange(() => {
    if (session.facts.state !== state) resolve();
    else limits.push(clock.after(stepWaitMs, resolve));
  });
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  change.dispose();
  for (const limit of limits) limit.dispose();
}
