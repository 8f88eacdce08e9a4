import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { Group, newGroupSchema } from '../../contract/admin.ts';
import type { AuditParty } from '../../contract/audit.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Actor } from '../audit/actor.ts';
import { conflict } from '../conflict.ts';
import type { Database } from '../store/store.ts';
import { keepingAnAdministrator } from './administrators.ts';
import { doneBy, listed } from './audit-entry.ts';
import type { AccessDeps } from './deps.ts';
import { type GroupChange, isOfTerminal, readGroups, replaceContents } from './group-rows.ts';
import { assertHolds, permissionsOfGroups, permissionsOfRoles } from './permissions.ts';
import { withUniqueName } from './unique-name.ts';

export type NewGroup = z.output<typeof newGroupSchema>;

/**
 * Groups tie users to roles, which say what they may do, and to desktops. Who gives roles to a group
 * or takes them, must be allowed to manage roles, and everything that those roles allow.
 */
export type Groups = {
  /** By name. */
  list(): Promise<Group[]>;
  /** @throws name-taken, invalid-request, permission-missing */
  create(group: NewGroup, by: Actor): Promise<Group>;
  /** @throws not-found, name-taken, change-conflict, invalid-request, permission-missing */
  change(id: string, change: GroupChange, by: Actor): Promise<Group>;
  /** @throws not-found, change-conflict, permission-missing */
  remove(id: string, by: Actor): Promise<void>;
};

export function createGroups({ db, audit }: Omit<AccessDeps, 'clock'>): Groups {
  return {
    list: () => readGroups(db),

    create: ({ name, ...contents }, by) =>
      db.transaction().execute(async (transaction) => {
        await assertMayGiveRoles(transaction, by, contents.roles);
        const id = randomUUID();
        await withUniqueName(name, () =>
          transaction.insertInto('groups').values({ id, name, built_in: 0 }).execute(),
        );
        await replaceContents(transaction, id, contents);
        const group = await find(transaction, id);
        await audit.append(
          doneBy(by, 'group.created', partyOf(group), detailOf(group)),
          transaction,
        );
        return group;
      }),

    change: (id, { name, ...contents }, by) =>
      db.transaction().execute((transaction) =>
        keepingAnAdministrator(transaction, async () => {
          const before = await find(transaction, id);
          assertLeavesBuiltIn(before, { name, roles: contents.roles });
          await assertMayGiveRoles(transaction, by, rolesChanged(before, contents.roles));
          // Whoever says whose members join a group gives those people its roles.
          if (contents.claims !== undefined) {
            await assertHolds(transaction, by, await permissionsOfGroups(transaction, [id]));
          }
          if (name !== undefined) {
            await withUniqueName(name, () =>
              transaction.updateTable('groups').set({ name }).where('id', '=', id).execute(),
            );
          }
          await replaceContents(transaction, id, contents);
          const group = await find(transaction, id);
          await audit.append(
            doneBy(by, 'group.changed', partyOf(before), { name: group.name, ...detailOf(group) }),
            transaction,
          );
          return group;
        }),
      ),

    remove: (id, by) =>
      db.transaction().execute((transaction) =>
        keepingAnAdministrator(transaction, async () => {
          const group = await find(transaction, id);
          if (group.builtIn) throw conflict(`the group ${group.name} is built in`);
          if (await isOfTerminal(transaction, id)) {
            throw conflict('it is the group of the account of a terminal');
          }
          await assertMayGiveRoles(transaction, by, idsOf(group.roles));
          await replaceContents(transaction, id, { roles: [], pools: [], claims: [] });
          await transaction.deleteFrom('group_members').where('group_id', '=', id).execute();
          await transaction.deleteFrom('groups').where('id', '=', id).execute();
          await audit.append(doneBy(by, 'group.removed', partyOf(group)), transaction);
        }),
      ),
  };
}

async function find(db: Database, id: string): Promise<Group> {
  const [group] = await readGroups(db, id);
  if (group === undefined) throw new CodedError('not-found', { detail: 'group' });
  return group;
}

/** Built-in groups can be relied on: they keep their names and their roles. */
function assertLeavesBuiltIn(
  group: Group,
  { name = group.name, roles }: Pick<GroupChange, 'name' | 'roles'>,
): void {
  if (!group.builtIn) return;
  if (name !== group.name || rolesChanged(group, roles).length > 0) {
    throw conflict(`the group ${group.name} is built in`);
  }
}

async function assertMayGiveRoles(
  db: Database,
  by: Actor,
  roleIds: readonly string[],
): Promise<void> {
  if (roleIds.length === 0) return;
  await assertHolds(db, by, ['roles.manage', ...(await permissionsOfRoles(db, roleIds))]);
}

/** Those that the group is given, and those that are taken from it. */
function rolesChanged(group: Group, roles: readonly string[] | undefined): string[] {
  if (roles === undefined) return [];
  const before = idsOf(group.roles);
  return [
    ...roles.filter((role) => !before.includes(role)),
    ...before.filter((role) => !roles.includes(role)),
  ];
}

function idsOf(parts: readonly { id: string }[]): string[] {
  return parts.map(({ id }) => id);
}

function partyOf({ id, name }: Group): AuditParty {
  return { kind: 'group', id, name };
}

function detailOf({ roles, pools, claims }: Group) {
  return {
    roles: listed(roles.map(({ name }) => name)),
    pools: listed(pools.map(({ name }) => name)),
    claims: listed(claims.map(({ identityProvider, value }) => `${identityProvider}: ${value}`)),
  };
}
