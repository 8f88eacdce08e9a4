import type { Desktop, Engine } from '../contract/desktop.ts';
import { CodedError } from '../contract/errors.ts';
import type { Database } from './store/store.ts';

/** A desktop as sessions need it to make one. */
export type DesktopDefinition = {
  id: string;
  name: string;
  image: string;
  engine: Engine;
  memoryMb: number;
  cpus: number;
};

/** The catalogue, as each user may see it: unknown and not entitled to are the same to them. */
export type Desktops = {
  listOf(userId: string): Promise<Desktop[]>;
  /** @throws desktop-not-found */
  get(userId: string, desktopId: string): Promise<DesktopDefinition>;
  isEntitled(userId: string, desktopId: string): Promise<boolean>;
};

const live = ['starting', 'running', 'ending'] as const;

export function createDesktops({ db }: { db: Database }): Desktops {
  async function liveSessionsOf(userId: string) {
    const rows = await db
      .selectFrom('sessions')
      .select(['id', 'desktop_id', 'state', 'started_at'])
      .where('user_id', '=', userId)
      .where('state', 'in', live)
      .orderBy('started_at')
      .execute();
    // The latest wins: an earlier one on the same desktop can only be on its way out.
    return new Map(rows.map((row) => [row.desktop_id, row]));
  }

  /** Those that any group of the user is entitled to, each once. */
  function entitledTo(userId: string) {
    return db
      .selectFrom('desktops')
      .where('id', 'in', (query) =>
        query
          .selectFrom('entitlements')
          .innerJoin('group_members', 'group_members.group_id', 'entitlements.group_id')
          .select('desktop_id')
          .where('user_id', '=', userId),
      );
  }

  return {
    listOf: async (userId) => {
      const sessions = await liveSessionsOf(userId);
      const rows = await entitledTo(userId)
        .select(['id', 'name', 'description', 'engine', 'image'])
        .orderBy('name')
        .execute();
      return rows.map((row) => ({ ...row, session: summaryOf(sessions.get(row.id)) }));
    },
    get: async (userId, desktopId) => {
      const row = await entitledTo(userId)
        .select(['id', 'name', 'image', 'engine', 'memory_mb as memoryMb', 'cpus'])
        .where('id', '=', desktopId)
        .executeTakeFirst();
      if (row === undefined) throw new CodedError('desktop-not-found');
      return row;
    },
    isEntitled: async (userId, desktopId) => {
      const row = await entitledTo(userId)
        .select('id')
        .where('id', '=', desktopId)
        .executeTakeFirst();
      return row !== undefined;
    },
  };
}

type LiveRow = { id: string; state: string; started_at: number };

function summaryOf(row: LiveRow | undefined): Desktop['session'] {
  const state = live.find((candidate) => candidate === row?.state);
  if (row === undefined || state === undefined) return null;
  return { id: row.id, state, startedAt: new Date(row.started_at).toISOString() };
}
