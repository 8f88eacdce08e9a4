import type { z } from 'zod';
import type { runningSessionSchema } from '../../contract/admin.ts';
import type { Database } from '../store/store.ts';

type ListedSession = z.output<typeof runningSessionSchema>;

/** All sessions there are and were, for those who look after the broker. */
export type SessionHistory = {
  /** The newest first. The name of a user who was removed is empty. */
  list(): Promise<ListedSession[]>;
  find(id: string): Promise<RememberedSession | null>;
};

export type RememberedSession = {
  userId: string;
  username: string;
  desktop: string;
  /** Where the guest's console and QEMU's messages were written; old files are cleared away. */
  logs: { console: string; qemu: string } | null;
};

export function createSessionHistory({ db }: { db: Database }): SessionHistory {
  const sessions = () =>
    db
      .selectFrom('sessions')
      .leftJoin('users', 'users.id', 'sessions.user_id')
      .innerJoin('desktops', 'desktops.id', 'sessions.desktop_id')
      .select(['username', 'desktops.name as desktop']);

  return {
    list: async () => {
      const rows = await sessions()
        .select(['sessions.id', 'state', 'started_at', 'ended_at'])
        .orderBy('started_at', 'desc')
        .execute();
      return rows.map((row) => ({
        id: row.id,
        username: row.username ?? '',
        desktop: row.desktop,
        state: row.state,
        startedAt: new Date(row.started_at).toISOString(),
        endedAt: row.ended_at === null ? null : new Date(row.ended_at).toISOString(),
      }));
    },

    find: async (id) => {
      const row = await sessions()
        .select(['sessions.user_id', 'console_log', 'qemu_log'])
        .where('sessions.id', '=', id)
        .executeTakeFirst();
      if (row === undefined) return null;
      const { user_id: userId, desktop, console_log: console, qemu_log: qemu } = row;
      const logs = console === null || qemu === null ? null : { console, qemu };
      return { userId, username: row.username ?? '', desktop, logs };
    },
  };
}
