import type { Kysely } from 'kysely';
import { builtInGroups } from '../../../../contract/permissions.ts';
import { builtInGroupIds, builtInRoleIds } from '../../built-in.ts';
import type { Tables } from '../../schema.ts';

/** The groups and roles that are there from the beginning. What the roles allow is in the code. */
export async function addBuiltIn(db: Kysely<unknown>): Promise<void> {
  const tables = db.withTables<Pick<Tables, 'groups' | 'roles' | 'group_roles'>>();
  const groups = Object.entries(builtInGroupIds).map(([name, id]) => ({ id, name }));
  const roles = Object.entries(builtInRoleIds).map(([name, id]) => ({ id, name }));
  await tables
    .insertInto('groups')
    .values(groups.map((group) => ({ ...group, built_in: 1 as const })))
    .execute();
  await tables
    .insertInto('roles')
    .values(roles.map((role) => ({ ...role, built_in: 1 as const, permissions: '[]' })))
    .execute();
  await tables
    .insertInto('group_roles')
    .values(
      groups.flatMap((group) =>
        roles
          .filter((role) => rolesOf(group.name).includes(role.name))
          .map((role) => ({ group_id: group.id, role_id: role.id })),
      ),
    )
    .execute();
}

function rolesOf(group: string): readonly string[] {
  return new Map<string, readonly string[]>(Object.entries(builtInGroups)).get(group) ?? [];
}
