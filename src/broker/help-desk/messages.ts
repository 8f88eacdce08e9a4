import { randomUUID } from 'node:crypto';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { SessionMessage } from '../../contract/help-desk.ts';
import { doneBy } from '../access/audit-entry.ts';
import type { Actor } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { isLive } from '../sessions/session-state.ts';
import type { Database } from '../store/store.ts';

/** What the users of sessions are told. It stays in the store until they have read it. */
export type Messages = {
  /** @param from display name; null for the command line @throws session-not-found, session-ended */
  send(sessionId: string, text: string, from: string | null, by: Actor): Promise<void>;
  /** Unread ones of all sessions, the oldest first. */
  unread(): Promise<ReadonlyMap<string, SessionMessage[]>>;
  /** Nothing new where it is read already, or of another session. */
  markRead(sessionId: string, id: string): Promise<void>;
};

type Deps = { db: Database; clock: Clock; audit: Pick<AuditLog, 'append'> };

export function createMessages({ db, clock, audit }: Deps): Messages {
  return {
    send: (sessionId, text, from, by) =>
      db.transaction().execute(async (transaction) => {
        const session = await transaction
          .selectFrom('sessions')
          .select(['desktop_name', 'username', 'state'])
          .where('id', '=', sessionId)
          .executeTakeFirst();
        if (session === undefined) throw new CodedError('session-not-found');
        if (!isLive(session.state)) throw new CodedError('session-ended');
        await transaction
          .insertInto('session_messages')
          .values({
            id: randomUUID(),
            session_id: sessionId,
            sender: from,
            text,
            sent_at: clock.now(),
            read_at: null,
          })
          .execute();
        const target = { kind: 'session', id: sessionId, name: session.desktop_name } as const;
        const entry = doneBy(by, 'session.messaged', target, { username: session.username });
        await audit.append(entry, transaction);
      }),

    unread: async () => {
      const rows = await db
        .selectFrom('session_messages')
        .selectAll()
        .where('read_at', 'is', null)
        .orderBy('sent_at')
        .orderBy('id')
        .execute();
      const messages = Map.groupBy(rows, ({ session_id }) => session_id);
      return new Map(
        [...messages].map(([id, found]) => [
          id,
          found.map((row) => ({
            id: row.id,
            from: row.sender,
            text: row.text,
            at: new Date(row.sent_at).toISOString(),
          })),
        ]),
      );
    },

    markRead: async (sessionId, id) => {
      await db
        .updateTable('session_messages')
        .set({ read_at: clock.now() })
        .where('id', '=', id)
        .where('session_id', '=', sessionId)
        .where('read_at', 'is', null)
        .execute();
    },
  };
}
