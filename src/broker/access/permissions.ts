import { z } from 'zod';
import { CodedError } from '../../contract/errors.ts';
import { builtInRoles, type Permission, permissionSchema } from '../../contract/permissions.ts';
import type { Actor } from '../audit/actor.ts';
import type { RoleTable } from '../store/schema.ts';
import type { Database } from '../store/store.ts';

const storedSchema = z.array(z.string());
const builtIn: Readonly<Record<string, readonly Permission[]>> = builtInRoles;

type RoleRow = Pick<RoleTable, 'name' | 'built_in' | 'permissions'>;

/** What a role allows. A permission that another version of the broker wrote allows nothing. */
export function permissionsOfRole(role: RoleRow): Permission[] {
  if (role.built_in === 1) return [...(builtIn[role.name] ?? [])];
  const stored = storedSchema.parse(JSON.parse(role.permissions));
  return permissionSchema.options.filter((permission) => stored.includes(permission));
}

/** What a user may do: all that any role of any of their groups allows. */
export async function permissionsOf(db: Database, userId: string): Promise<Set<Permission>> {
  const roles = await db
    .selectFrom('group_members')
    .innerJoin('group_roles', 'group_roles.group_id', 'group_members.group_id')
    .innerJoin('roles', 'roles.id', 'group_roles.role_id')
    .select(['roles.name', 'roles.built_in', 'roles.permissions'])
    .where('group_members.user_id', '=', userId)
    .execute();
  return union(roles);
}

/** What members of any of the groups may do. */
export async function permissionsOfGroups(
  db: Database,
  groupIds: readonly string[],
): Promise<Set<Permission>> {
  if (groupIds.length === 0) return new Set();
  const roles = await db
    .selectFrom('group_roles')
    .innerJoin('roles', 'roles.id', 'group_roles.role_id')
    .select(['roles.name', 'roles.built_in', 'roles.permissions'])
    .where('group_roles.group_id', 'in', groupIds)
    .execute();
  return union(roles);
}

/** What the roles allow between them. */
export async function permissionsOfRoles(
  db: Database,
  roleIds: readonly string[],
): Promise<Set<Permission>> {
  if (roleIds.length === 0) return new Set();
  const roles = await db
    .selectFrom('roles')
    .select(['name', 'built_in', 'permissions'])
    .where('id', 'in', roleIds)
    .execute();
  return union(roles);
}

/**
 * Nobody gives away, takes away or takes over what they may not do themselves: else whoever may
 * change users could make themselves an administrator.
 * @throws permission-missing
 */
export async function assertHolds(
  db: Database,
  by: Actor,
  wanted: Iterable<Permission>,
): Promise<void> {
  const held = await heldBy(db, by);
  const missing = [...new Set(wanted)].filter((permission) => !held.has(permission));
  if (missing.length > 0)
    throw new CodedError('permission-missing', { detail: missing.join(', ') });
}

async function heldBy(db: Database, { actor }: Actor): Promise<ReadonlySet<Permission>> {
  switch (actor.kind) {
    case 'command-line':
    case 'broker':
      return new Set(permissionSchema.options);
    case 'user':
      return permissionsOf(db, actor.id);
    default:
      return new Set();
  }
}

function union(roles: readonly RoleRow[]): Set<Permission> {
  return new Set(roles.flatMap(permissionsOfRole));
}
