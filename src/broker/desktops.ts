import type { Desktop } from '../contract/desktop.ts';
import { CodedError } from '../contract/errors.ts';
import type { SessionPolicy } from '../contract/session-policy.ts';
import type { Machine } from '../desktops/engine.ts';
import type { Lease, Offer, Supply, Wish } from './sessions/supply.ts';
import type { Database } from './store/store.ts';

/** Everything that a user may open: unknown and not entitled to are the same to them. */
export type Desktops = {
  listOf(userId: string): Promise<Desktop[]>;
  /** With where its machines come from. @throws desktop-not-found */
  get(userId: string, desktopId: string): Promise<{ offer: Offer; supply: Supply }>;
  /** Of the sessions that a user has on it; null where the user is not entitled to it. */
  policyOf(userId: string, desktopId: string): Promise<SessionPolicy | null>;
  isEntitled(userId: string, desktopId: string): Promise<boolean>;
  /** The lease of a session of an earlier broker; null where nothing knows its machine. */
  resume(wish: Wish, machine: Machine): Promise<Lease | null>;
};

const live = ['starting', 'running', 'suspended', 'ending'] as const;

type Deps = { db: Database; supplies: readonly Supply[] };

export function createDesktops({ db, supplies }: Deps): Desktops {
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

  async function find(userId: string, desktopId: string) {
    for (const supply of supplies) {
      const offer = await supply.find({ userId, desktopId });
      if (offer !== null) return { offer, supply };
    }
    return null;
  }

  return {
    listOf: async (userId) => {
      const sessions = await liveSessionsOf(userId);
      const offers = await Promise.all(supplies.map((supply) => supply.listOf(userId)));
      return offers
        .flat()
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ policy, ...offer }) => ({ ...offer, session: summaryOf(sessions.get(offer.id)) }));
    },
    get: async (userId, desktopId) => {
      const found = await find(userId, desktopId);
      if (found === null) throw new CodedError('desktop-not-found');
      return found;
    },
    policyOf: async (userId, desktopId) => (await find(userId, desktopId))?.offer.policy ?? null,
    isEntitled: async (userId, desktopId) => (await find(userId, desktopId)) !== null,
    resume: async (wish, machine) => {
      for (const supply of supplies) {
        const lease = await supply.resume(wish, machine);
        if (lease !== null) return lease;
      }
      return null;
    },
  };
}

type LiveRow = { id: string; state: string; started_at: number };

function summaryOf(row: LiveRow | undefined): Desktop['session'] {
  const state = live.find((candidate) => candidate === row?.state);
  if (row === undefined || state === undefined) return null;
  return { id: row.id, state, startedAt: new Date(row.started_at).toISOString() };
}
