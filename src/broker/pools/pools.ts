import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { AuditParty } from '../../contract/audit.ts';
import { CodedError } from '../../contract/errors.ts';
import type {
  Freed,
  newPoolSchema,
  Pool,
  poolChangeSchema,
  poolRemovalSchema,
} from '../../contract/pool.ts';
import { doneBy, fieldsOf, listed } from '../access/audit-entry.ts';
import type { AccessDeps } from '../access/deps.ts';
import { assertHolds } from '../access/permissions.ts';
import type { Actor } from '../audit/actor.ts';
import { conflict } from '../conflict.ts';
import type { Database } from '../store/store.ts';
import { entitleOnly } from './entitlements.ts';
import type { Estates } from './estates.ts';
import { assertFits } from './fitting.ts';
import { type PoolFields, rowOfFields } from './pool-rows.ts';
import { readPools } from './pool-view.ts';

export type NewPool = z.output<typeof newPoolSchema>;
export type PoolChange = z.output<typeof poolChangeSchema>;
export type PoolRemoval = z.output<typeof poolRemovalSchema>;

/**
 * All pools, with the groups whose members may open their desktops. Who says which groups those are
 * must be allowed to manage users.
 */
export type Pools = {
  /** By name. */
  list(): Promise<Pool[]>;
  /** @throws invalid-request for an unknown group or what does not go together; permission-missing */
  create(pool: NewPool, by: Actor): Promise<Pool>;
  /**
   * Sessions that run in it go on as they were started. `groups` replaces all that it has.
   * @throws not-found, invalid-request, permission-missing; change-conflict while it keeps disks that
   *   the change would orphan
   */
  change(id: string, change: PoolChange, by: Actor): Promise<Pool>;
  /** Nothing new where it is entitled already. @throws as `change` does */
  entitle(id: string, groupId: string, by: Actor): Promise<void>;
  /** Nothing new where it is not entitled. @throws as `change` does */
  withdraw(id: string, groupId: string, by: Actor): Promise<void>;
  /**
   * Sessions in it and disks that it keeps stand against that, unless they are to go with it; a
   * running broker ends the sessions at its next look. They stay in the list of sessions.
   * @throws not-found, change-conflict, permission-missing
   */
  remove(id: string, how: PoolRemoval, by: Actor): Promise<Freed>;
};

type Deps = Omit<AccessDeps, 'clock'> & { estates: Estates };

export function createPools({ db, audit, estates }: Deps): Pools {
  /** `changeFor` says what to change of the pool as it is; null is nothing. */
  function changing(
    id: string,
    changeFor: (before: Pool) => PoolChange | null,
    by: Actor,
  ): Promise<Pool> {
    return db.transaction().execute(async (transaction) => {
      const before = await find(transaction, id);
      const change = changeFor(before);
      if (change === null) return before;
      const { groups, ...fields } = change;
      const wanted = withChange(before, fields);
      assertFits(wanted);
      assertKeepsDisks(before, wanted);
      await transaction
        .updateTable('pools')
        .set(rowOfFields(wanted))
        .where('id', '=', id)
        .execute();
      if (groups !== undefined) await entitleOnly(transaction, id, groups, by);
      const after = await find(transaction, id);
      const detail = { changed: fieldsOf(change), ...detailOf(after) };
      await audit.append(doneBy(by, 'pool.changed', partyOf(before), detail), transaction);
      return after;
    });
  }

  return {
    list: () => readPools(db),

    create: ({ groups, ...fields }, by) =>
      db.transaction().execute(async (transaction) => {
        assertFits(fields);
        const id = randomUUID();
        await transaction
          .insertInto('pools')
          .values({ id, ...rowOfFields(fields) })
          .execute();
        if (groups.length > 0) await entitleOnly(transaction, id, groups, by);
        const created = await find(transaction, id);
        const entry = doneBy(by, 'pool.created', partyOf(created), detailOf(created));
        await audit.append(entry, transaction);
        return created;
      }),

    change: (id, change, by) => changing(id, () => change, by),

    entitle: async (id, groupId, by) => {
      const entitled = (before: Pool) => {
        const groups = before.groups.map((group) => group.id);
        return groups.includes(groupId) ? null : { groups: [...groups, groupId] };
      };
      await changing(id, entitled, by);
    },

    withdraw: async (id, groupId, by) => {
      const withdrawn = (before: Pool) => {
        const groups = before.groups.map((group) => group.id);
        return groups.includes(groupId)
          ? { groups: groups.filter((group) => group !== groupId) }
          : null;
      };
      await changing(id, withdrawn, by);
    },

    remove: async (id, how, by) => {
      const estate = await db.transaction().execute(async (transaction) => {
        const pool = await find(transaction, id);
        await assertNoAccountOpens(transaction, id);
        const found = await estates.ofPool(transaction, id);
        await assertMayGo(transaction, found.freed, how, by);
        await estates.giveUp(transaction, found);
        // Takes the entitlements with it.
        await transaction.deleteFrom('pools').where('id', '=', id).execute();
        const { sessions, disks, diskBytes } = found.freed;
        const detail = { sessionsEnded: sessions, disks, diskBytes };
        await audit.append(doneBy(by, 'pool.removed', partyOf(pool), detail), transaction);
        return found;
      });
      await estates.destroy(estate);
      return estate.freed;
    },
  };
}

/** What stands against a removal, unless it is to go too. @throws change-conflict, permission-missing */
async function assertMayGo(
  transaction: Database,
  { sessions, disks }: Freed,
  { endSessions, destroyDisks }: PoolRemoval,
  by: Actor,
): Promise<void> {
  if (sessions > 0 && !endSessions) throw conflict(`sessions run in it: ${sessions}`);
  if (disks > 0 && !destroyDisks) throw conflict(`it keeps disks of users: ${disks}`);
  if (sessions > 0) await assertHolds(transaction, by, ['sessions.end']);
}

/** @throws change-conflict that names a terminal whose account is for this pool */
async function assertNoAccountOpens(db: Database, poolId: string): Promise<void> {
  const terminal = await db
    .selectFrom('terminals')
    .select('name')
    .where('account_desktop_id', '=', poolId)
    .executeTakeFirst();
  if (terminal === undefined) return;
  throw conflict(`the account of the terminal ${terminal.name} opens it`);
}

function withChange(pool: Pool, change: Omit<PoolChange, 'groups'>): PoolFields {
  const { id, groups, desktops, disks, ...fields } = pool;
  const policy = withGiven(fields.policy, change.policy ?? {});
  return { ...withGiven(fields, { ...change, policy }), policy };
}

function withGiven<T extends object>(whole: T, given: { [K in keyof T]?: T[K] | undefined }): T {
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...whole, ...Object.fromEntries(said) };
}

/** A disk lies on the image that it was made of, and wants the devices it knows. @throws change-conflict */
function assertKeepsDisks(before: Pool, wanted: PoolFields): void {
  const same =
    before.persistence === wanted.persistence &&
    before.image === wanted.image &&
    before.engine === wanted.engine;
  if (before.disks > 0 && !same) throw conflict(`it keeps disks of users: ${before.disks}`);
}

async function find(db: Database, id: string): Promise<Pool> {
  const [pool] = await readPools(db, id);
  if (pool === undefined) throw new CodedError('not-found', { detail: 'pool' });
  return pool;
}

function partyOf({ id, name }: Pool): AuditParty {
  return { kind: 'pool', id, name };
}

function detailOf({ image, engine, groups }: Pool) {
  return { image, engine, groups: listed(groups.map(({ name }) => name)) };
}
