import type { AuditEntry, AuditParty } from '../../contract/audit.ts';
import type { Problem } from '../../contract/errors.ts';
import { doneBy } from '../access/audit-entry.ts';
import { type Actor, brokerItself } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Database } from '../store/store.ts';
import type { LiveSession } from './live-session.ts';
import type { SessionRow } from './session-rows.ts';

/** Beginning and end of each session in the audit log, also of those that end by themselves. */
export type SessionRecord = {
  started(session: { id: string; desktop: { name: string } }, by: Actor): Promise<void>;
  /** Says in advance who is about to end it; the first who does is remembered. */
  asked(session: LiveSession, by: Actor): void;
  /** It has come to an end, or is about to. Of each session one entry is written. */
  ended(session: LiveSession): Promise<void>;
  /** Of this one an earlier broker has written the end. */
  endTold(session: LiveSession): void;
  /** It was gone when a broker came back, or never came to have a machine. */
  buried(row: NamedRow, problem: Problem | null): Promise<void>;
};

export type NamedRow = Pick<SessionRow, 'id' | 'desktop_name'>;

type Deps = { db: Database; audit: Pick<AuditLog, 'append'> };

export function createSessionRecord({ db, audit }: Deps): SessionRecord {
  const askers = new WeakMap<LiveSession, Actor>();
  const told = new WeakSet<LiveSession>();

  /** Whoever told it to end through the store has left an entry there. */
  async function tellEnd(target: AuditParty, by: Actor, detail: AuditEntry['detail']) {
    const row = await db
      .selectFrom('sessions')
      .select(['username', 'end_asked_at'])
      .where('id', '=', target.id)
      .executeTakeFirst();
    if (row === undefined || row.end_asked_at !== null) return;
    const { username } = row;
    await audit.append(doneBy(by, 'session.ended', target, { username, ...detail }));
  }

  return {
    started: async ({ id, desktop }, by) => {
      await audit.append(doneBy(by, 'session.started', partyOf(id, desktop.name)));
    },

    asked: (session, by) => {
      if (!askers.has(session)) askers.set(session, by);
    },

    ended: async (session) => {
      if (told.has(session)) return;
      told.add(session);
      const { id, desktop } = session.facts;
      const by = askers.get(session) ?? brokerItself;
      await tellEnd(partyOf(id, desktop.name), by, reasonOf(session.problem));
    },

    endTold: (session) => void told.add(session),

    buried: (row, problem) =>
      tellEnd(partyOf(row.id, row.desktop_name), brokerItself, reasonOf(problem)),
  };
}

/** Such as `stream-time-limit`; nothing where somebody wanted it so. */
function reasonOf(problem: Problem | null): AuditEntry['detail'] {
  return problem === null ? {} : { reason: problem.code };
}

function partyOf(id: string, name: string): AuditParty {
  return { kind: 'session', id, name };
}
