import type { z } from 'zod';
import type { Group, groupChangeSchema } from '../../contract/admin.ts';
import type { Database } from '../store/store.ts';
import { assertKnown } from './known-ids.ts';
import { byAdministrator } from './memberships.ts';

export type GroupChange = z.output<typeof groupChangeSchema>;

/** What a group has beside its name and members. Each that is given replaces the whole. */
export type GroupContents = Pick<GroupChange, 'roles' | 'pools' | 'claims'>;

/** Groups with all that they have, by name; or the one with the id. */
export async function readGroups(db: Database, id?: string): Promise<Group[]> {
  const groups = await db
    .selectFrom('groups')
    .selectAll()
    .$if(id !== undefined, (query) => query.where('id', '=', id ?? ''))
    .orderBy('name')
    .execute();
  const members = Map.groupBy(await membersOfGroups(db), ({ group_id }) => group_id);
  const roles = Map.groupBy(await rolesOfGroups(db), ({ group_id }) => group_id);
  const pools = Map.groupBy(await poolsOfGroups(db), ({ group_id }) => group_id);
  const claims = Map.groupBy(
    await db.selectFrom('group_claims').selectAll().orderBy('value').execute(),
    ({ group_id }) => group_id,
  );
  return groups.map((group) => ({
    id: group.id,
    name: group.name,
    builtIn: group.built_in === 1,
    members: (members.get(group.id) ?? []).length,
    roles: (roles.get(group.id) ?? []).map(named),
    pools: (pools.get(group.id) ?? []).map(named),
    claims: (claims.get(group.id) ?? []).map(({ identity_provider, value }) => ({
      identityProvider: identity_provider,
      value,
    })),
  }));
}

/** @throws invalid-request for an unknown role or pool */
export async function replaceContents(
  transaction: Database,
  group_id: string,
  { roles, pools, claims }: GroupContents,
): Promise<void> {
  if (roles !== undefined) {
    await assertKnown(transaction, 'roles', roles);
    await transaction.deleteFrom('group_roles').where('group_id', '=', group_id).execute();
    for (const role_id of new Set(roles)) {
      await transaction.insertInto('group_roles').values({ group_id, role_id }).execute();
    }
  }
  if (pools !== undefined) {
    await assertKnown(transaction, 'pools', pools);
    await transaction.deleteFrom('entitlements').where('group_id', '=', group_id).execute();
    for (const pool_id of new Set(pools)) {
      await transaction.insertInto('entitlements').values({ group_id, pool_id }).execute();
    }
  }
  if (claims !== undefined) {
    await transaction.deleteFrom('group_claims').where('group_id', '=', group_id).execute();
    await endMemberships(transaction, group_id, claims);
    for (const { identityProvider: identity_provider, value } of claims) {
      await transaction
        .insertInto('group_claims')
        .values({ group_id, identity_provider, value })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
  }
}

/** Nobody stays a member by a claim that makes none any more; what else they are in by, stays. */
async function endMemberships(
  transaction: Database,
  group_id: string,
  claims: NonNullable<GroupContents['claims']>,
): Promise<void> {
  await transaction
    .deleteFrom('group_members')
    .where('group_id', '=', group_id)
    .where('source', '!=', byAdministrator)
    .where(({ not, or, and, eb }) =>
      not(
        or(
          claims.map(({ identityProvider, value }) =>
            and([eb('source', '=', identityProvider), eb('claim', '=', value)]),
          ),
        ),
      ),
    )
    .execute();
}

/** Whether it is the group of a terminal's account, which cannot do without it. */
export async function isOfTerminal(db: Database, groupId: string): Promise<boolean> {
  const row = await db
    .selectFrom('group_members')
    .innerJoin('users', 'users.id', 'group_members.user_id')
    .select('users.id')
    .where('group_id', '=', groupId)
    .where('users.kind', '=', 'terminal')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

function membersOfGroups(db: Database) {
  return db.selectFrom('group_members').select(['group_id', 'user_id']).distinct().execute();
}

function rolesOfGroups(db: Database) {
  return db
    .selectFrom('group_roles')
    .innerJoin('roles', 'roles.id', 'group_roles.role_id')
    .select(['group_id', 'roles.id', 'roles.name'])
    .orderBy('roles.name')
    .execute();
}

function poolsOfGroups(db: Database) {
  return db
    .selectFrom('entitlements')
    .innerJoin('pools', 'pools.id', 'entitlements.pool_id')
    .select(['group_id', 'pools.id', 'pools.name'])
    .orderBy('pools.name')
    .execute();
}

function named({ id, name }: { id: string; name: string }) {
  return { id, name };
}
