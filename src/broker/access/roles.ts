import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { newRoleSchema, Role } from '../../contract/admin.ts';
import type { AuditParty } from '../../contract/audit.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Permission } from '../../contract/permissions.ts';
import type { Actor } from '../audit/actor.ts';
import type { RoleTable } from '../store/schema.ts';
import type { Database } from '../store/store.ts';
import { doneBy, listed } from './audit-entry.ts';
import type { AccessDeps } from './deps.ts';
import { assertHolds, permissionsOfRole } from './permissions.ts';
import { withUniqueName } from './unique-name.ts';

export type NewRole = z.output<typeof newRoleSchema>;
export type RoleChange = { [K in keyof NewRole]?: NewRole[K] | undefined };

/**
 * Sets of permissions, which groups give to their members. The built-in ones stay as they are.
 * Nobody makes, changes or removes a role that allows more than they themselves may.
 */
export type Roles = {
  /** By name. */
  list(): Promise<Role[]>;
  /** @throws name-taken, permission-missing */
  create(role: NewRole, by: Actor): Promise<Role>;
  /** @throws not-found, name-taken, change-conflict, permission-missing */
  change(id: string, change: RoleChange, by: Actor): Promise<Role>;
  /** @throws not-found, change-conflict, permission-missing */
  remove(id: string, by: Actor): Promise<void>;
};

export function createRoles({ db, audit }: Omit<AccessDeps, 'clock'>): Roles {
  return {
    list: async () => {
      const rows = await db.selectFrom('roles').selectAll().orderBy('name').execute();
      return rows.map(roleOf);
    },

    create: ({ name, permissions }, by) =>
      db.transaction().execute(async (transaction) => {
        await assertHolds(transaction, by, permissions);
        const row = {
          id: randomUUID(),
          name,
          built_in: 0,
          permissions: JSON.stringify(permissions),
        } as const;
        await withUniqueName(name, () => transaction.insertInto('roles').values(row).execute());
        const role = roleOf(row);
        await audit.append(doneBy(by, 'role.created', partyOf(role), detailOf(role)), transaction);
        return role;
      }),

    change: (id, change, by) =>
      db.transaction().execute(async (transaction) => {
        const before = await findOwn(transaction, id);
        const name = change.name ?? before.name;
        const permissions = change.permissions ?? before.permissions;
        await assertHolds(transaction, by, [...before.permissions, ...permissions]);
        await withUniqueName(name, () =>
          transaction
            .updateTable('roles')
            .set({ name, permissions: JSON.stringify(permissions) })
            .where('id', '=', id)
            .execute(),
        );
        const role = { ...before, name, permissions };
        await audit.append(
          doneBy(by, 'role.changed', partyOf(before), { name, ...detailOf(role) }),
          transaction,
        );
        return role;
      }),

    remove: (id, by) =>
      db.transaction().execute(async (transaction) => {
        const role = await findOwn(transaction, id);
        await assertHolds(transaction, by, role.permissions);
        await transaction.deleteFrom('group_roles').where('role_id', '=', id).execute();
        await transaction.deleteFrom('roles').where('id', '=', id).execute();
        await audit.append(doneBy(by, 'role.removed', partyOf(role)), transaction);
      }),
  };
}

async function findOwn(db: Database, id: string): Promise<Role> {
  const row = await db.selectFrom('roles').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw new CodedError('not-found', { detail: 'role' });
  if (row.built_in === 1) {
    throw new CodedError('change-conflict', { detail: `the role ${row.name} is built in` });
  }
  return roleOf(row);
}

function roleOf(row: RoleTable): Role {
  const { id, name, built_in } = row;
  return { id, name, builtIn: built_in === 1, permissions: permissionsOfRole(row) };
}

function partyOf({ id, name }: Role): AuditParty {
  return { kind: 'role', id, name };
}

function detailOf({ permissions }: { permissions: readonly Permission[] }) {
  return { permissions: listed(permissions) };
}
