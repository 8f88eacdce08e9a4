import type { z } from 'zod';
import type { runningSessionSchema, sessionQuerySchema } from '../../contract/admin.ts';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import { doneBy } from '../access/audit-entry.ts';
import type { Actor } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Database } from '../store/store.ts';
import { isOver } from './session-state.ts';

type ListedSession = z.output<typeof runningSessionSchema>;
export type SessionQuery = z.output<typeof sessionQuerySchema>;

/** All sessions there are and were, for those who look after the broker. */
export type SessionHistory = {
  /** The newest first, with what their users and desktops were called when they began. */
  list(query: SessionQuery): Promise<ListedSession[]>;
  find(id: string): Promise<RememberedSession | null>;
  /**
   * Writes down that it shall end; a running broker sees to it at its next look. Nothing new where
   * that was written before, or it is over. @throws session-not-found
   */
  askToEnd(id: string, by: Actor): Promise<void>;
  /** Forgets those that were over before this moment. */
  forgetBefore(moment: number): Promise<void>;
};

export type RememberedSession = {
  userId: string;
  username: string;
  desktop: string;
  /** Where the guest's console and QEMU's messages were written; old files are cleared away. */
  logs: { console: string; qemu: string } | null;
};

type Deps = { db: Database; clock: Clock; audit: Pick<AuditLog, 'append'> };

export function createSessionHistory({ db, clock, audit }: Deps): SessionHistory {
  return {
    list: async ({ limit, before }) => {
      let query = db
        .selectFrom('sessions')
        .select(['id', 'username', 'desktop_name', 'state', 'started_at', 'ended_at']);
      if (before !== undefined) {
        const startedAt = await startOf(db, before);
        query = query.where((is) =>
          is.or([
            is('started_at', '<', startedAt),
            is.and([is('started_at', '=', startedAt), is('id', '<', before)]),
          ]),
        );
      }
      const rows = await query
        .orderBy('started_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        id: row.id,
        username: row.username,
        desktop: row.desktop_name,
        state: row.state,
        startedAt: new Date(row.started_at).toISOString(),
        endedAt: row.ended_at === null ? null : new Date(row.ended_at).toISOString(),
      }));
    },

    find: async (id) => {
      const row = await db
        .selectFrom('sessions')
        .select(['user_id', 'username', 'desktop_name', 'console_log', 'qemu_log'])
        .where('id', '=', id)
        .executeTakeFirst();
      if (row === undefined) return null;
      const { user_id: userId, username, desktop_name: desktop } = row;
      const { console_log: console, qemu_log: qemu } = row;
      const logs = console === null || qemu === null ? null : { console, qemu };
      return { userId, username, desktop, logs };
    },

    askToEnd: (id, by) =>
      db.transaction().execute(async (transaction) => {
        const session = await transaction
          .selectFrom('sessions')
          .select(['username', 'desktop_name', 'state', 'end_asked_at'])
          .where('id', '=', id)
          .executeTakeFirst();
        if (session === undefined) throw new CodedError('session-not-found');
        const { username, desktop_name: name, state, end_asked_at } = session;
        if (end_asked_at !== null || isOver(state)) return;
        await transaction
          .updateTable('sessions')
          .set({ end_asked_at: clock.now() })
          .where('id', '=', id)
          .execute();
        const target = { kind: 'session', id, name } as const;
        await audit.append(doneBy(by, 'session.ended', target, { username }), transaction);
      }),

    forgetBefore: async (moment) => {
      await db
        .deleteFrom('sessions')
        .where('state', 'in', ['ended', 'failed'])
        .where('ended_at', '<', moment)
        .execute();
    },
  };
}

/** @throws session-not-found */
async function startOf(db: Database, id: string): Promise<number> {
  const row = await db
    .selectFrom('sessions')
    .select('started_at')
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw new CodedError('session-not-found');
  return row.started_at;
}
