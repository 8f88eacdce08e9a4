import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type {
  desktopChangeSchema,
  newDesktopSchema,
  OfferedDesktop,
} from '../../contract/admin.ts';
import type { AuditParty } from '../../contract/audit.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Actor } from '../audit/actor.ts';
import type { Database } from '../store/store.ts';
import { doneBy, fieldsOf, listed } from './audit-entry.ts';
import type { AccessDeps } from './deps.ts';
import { assertKnown } from './known-ids.ts';
import { assertHolds } from './permissions.ts';

export type NewDesktop = z.output<typeof newDesktopSchema>;
export type DesktopChange = z.output<typeof desktopChangeSchema>;

/**
 * All desktops, with the groups whose members may open them. Who says which groups those are must be
 * allowed to manage users.
 */
export type OfferedDesktops = {
  /** By name. */
  list(): Promise<OfferedDesktop[]>;
  /** @throws invalid-request for an unknown group; permission-missing */
  create(desktop: NewDesktop, by: Actor): Promise<OfferedDesktop>;
  /**
   * Sessions that run on it go on as they were started. `groups` replaces all that it has.
   * @throws not-found, invalid-request, permission-missing
   */
  change(id: string, change: DesktopChange, by: Actor): Promise<OfferedDesktop>;
  /** Nothing new where it is entitled already. @throws as `change` does */
  entitle(id: string, groupId: string, by: Actor): Promise<void>;
  /** Nothing new where it is not entitled. @throws as `change` does */
  withdraw(id: string, groupId: string, by: Actor): Promise<void>;
  /**
   * Sessions on it stand against that, unless they are to end with it, which a running broker sees
   * to at its next look. They stay in the list of sessions.
   * @throws not-found, change-conflict, permission-missing
   */
  remove(id: string, how: { endSessions: boolean }, by: Actor): Promise<void>;
};

export function createOfferedDesktops({ db, audit }: Omit<AccessDeps, 'clock'>): OfferedDesktops {
  /** `changeFor` says what to change of the desktop as it is; null is nothing. */
  function changing(
    id: string,
    changeFor: (before: OfferedDesktop) => DesktopChange | null,
    by: Actor,
  ): Promise<OfferedDesktop> {
    return db.transaction().execute(async (transaction) => {
      const before = await find(transaction, id);
      const change = changeFor(before);
      if (change === null) return before;
      const { groups, memoryMb, ...same } = change;
      const values = { ...same, ...(memoryMb === undefined ? {} : { memory_mb: memoryMb }) };
      if (fieldsOf(values) !== '') {
        await transaction.updateTable('desktops').set(values).where('id', '=', id).execute();
      }
      if (groups !== undefined) await entitleOnly(transaction, id, groups, by);
      const after = await find(transaction, id);
      const detail = { changed: fieldsOf(change), ...detailOf(after) };
      await audit.append(doneBy(by, 'desktop.changed', partyOf(before), detail), transaction);
      return after;
    });
  }

  return {
    list: () => read(db),

    create: ({ memoryMb, groups, ...desktop }, by) =>
      db.transaction().execute(async (transaction) => {
        const id = randomUUID();
        await transaction
          .insertInto('desktops')
          .values({ id, memory_mb: memoryMb, ...desktop })
          .execute();
        if (groups.length > 0) await entitleOnly(transaction, id, groups, by);
        const created = await find(transaction, id);
        await audit.append(
          doneBy(by, 'desktop.created', partyOf(created), detailOf(created)),
          transaction,
        );
        return created;
      }),

    change: (id, change, by) => changing(id, () => change, by),

    entitle: async (id, groupId, by) => {
      const entitled = (before: OfferedDesktop) => {
        const groups = before.groups.map((group) => group.id);
        return groups.includes(groupId) ? null : { groups: [...groups, groupId] };
      };
      await changing(id, entitled, by);
    },

    withdraw: async (id, groupId, by) => {
      const withdrawn = (before: OfferedDesktop) => {
        const groups = before.groups.map((group) => group.id);
        return groups.includes(groupId)
          ? { groups: groups.filter((group) => group !== groupId) }
          : null;
      };
      await changing(id, withdrawn, by);
    },

    remove: (id, { endSessions }, by) =>
      db.transaction().execute(async (transaction) => {
        const desktop = await find(transaction, id);
        await assertNoAccountOpens(transaction, id);
        const sessions = await liveSessionsOn(transaction, id);
        if (sessions > 0) {
          if (!endSessions) throw conflict(`sessions run on it: ${sessions}`);
          await assertHolds(transaction, by, ['sessions.end']);
        }
        // Takes the entitlements with it.
        await transaction.deleteFrom('desktops').where('id', '=', id).execute();
        const detail = { sessionsEnded: sessions };
        await audit.append(doneBy(by, 'desktop.removed', partyOf(desktop), detail), transaction);
      }),
  };
}

/** @throws invalid-request for an unknown group; permission-missing */
async function entitleOnly(
  transaction: Database,
  desktop_id: string,
  groups: readonly string[],
  by: Actor,
): Promise<void> {
  await assertHolds(transaction, by, ['users.manage']);
  await assertKnown(transaction, 'groups', groups);
  await transaction.deleteFrom('entitlements').where('desktop_id', '=', desktop_id).execute();
  for (const group_id of new Set(groups)) {
    await transaction.insertInto('entitlements').values({ group_id, desktop_id }).execute();
  }
}

/** @throws change-conflict that names a terminal whose account is for this desktop */
async function assertNoAccountOpens(db: Database, desktopId: string): Promise<void> {
  const terminal = await db
    .selectFrom('terminals')
    .select('name')
    .where('account_desktop_id', '=', desktopId)
    .executeTakeFirst();
  if (terminal === undefined) return;
  throw conflict(`the account of the terminal ${terminal.name} opens it`);
}

async function liveSessionsOn(db: Database, desktopId: string): Promise<number> {
  const rows = await db
    .selectFrom('sessions')
    .select('id')
    .where('desktop_id', '=', desktopId)
    .where('state', 'in', ['starting', 'running'])
    .execute();
  return rows.length;
}

async function find(db: Database, id: string): Promise<OfferedDesktop> {
  const [desktop] = await read(db, id);
  if (desktop === undefined) throw new CodedError('not-found', { detail: 'desktop' });
  return desktop;
}

async function read(db: Database, id?: string): Promise<OfferedDesktop[]> {
  const desktops = await db
    .selectFrom('desktops')
    .select(['id', 'name', 'description', 'image', 'engine', 'memory_mb as memoryMb', 'cpus'])
    .$if(id !== undefined, (query) => query.where('id', '=', id ?? ''))
    .orderBy('name')
    .execute();
  const entitlements = await db
    .selectFrom('entitlements')
    .innerJoin('groups', 'groups.id', 'entitlements.group_id')
    .select(['desktop_id', 'groups.id', 'groups.name'])
    .$if(id !== undefined, (query) => query.where('desktop_id', '=', id ?? ''))
    .orderBy('groups.name')
    .execute();
  const groupsOf = Map.groupBy(entitlements, ({ desktop_id }) => desktop_id);
  return desktops.map((desktop) => ({
    ...desktop,
    groups: (groupsOf.get(desktop.id) ?? []).map(({ id: groupId, name }) => ({
      id: groupId,
      name,
    })),
  }));
}

function partyOf({ id, name }: OfferedDesktop): AuditParty {
  return { kind: 'desktop', id, name };
}

function detailOf({ image, engine, groups }: OfferedDesktop) {
  return { image, engine, groups: listed(groups.map(({ name }) => name)) };
}

function conflict(detail: string): CodedError {
  return new CodedError('change-conflict', { detail });
}
