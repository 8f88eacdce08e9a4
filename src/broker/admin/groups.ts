import type { z } from 'zod';
import {
  groupChangeSchema,
  newGroupSchema,
  newRoleSchema,
  type Role,
} from '../../contract/admin.ts';
import type { Groups } from '../access/groups.ts';
import type { Roles } from '../access/roles.ts';
import { commandLine } from '../audit/actor.ts';
import { checkedInput } from '../checked-input.ts';
import { idsOf, type Names } from './names.ts';

type Claims = z.input<typeof newGroupSchema>['claims'];
type NewGroup = { name: string; roles?: string[]; pools?: string[]; claims?: Claims };
/** All roles and pools that it has from now on, and all claims that make members. */
type GroupChange = {
  group: string;
  name?: string | undefined;
  roles?: string[] | undefined;
  pools?: string[] | undefined;
  claims?: Claims | undefined;
};
type NewRole = { name: string; permissions: string[] };
type RoleChange = {
  role: string;
  name?: string | undefined;
  permissions?: string[] | undefined;
};

type Deps = { groups: Groups; roles: Roles; names: Names };

export function groupAdmin({ groups, roles, names }: Deps) {
  return {
    listGroups: () => groups.list(),

    addGroup: async (group: NewGroup): Promise<{ id: string }> => {
      const input = {
        ...group,
        roles: await idsOf(group.roles ?? [], names.role),
        pools: await idsOf(group.pools ?? [], names.pool),
      };
      const { id } = await groups.create(checkedInput(newGroupSchema, input), commandLine);
      return { id };
    },

    changeGroup: async (input: GroupChange): Promise<void> => {
      const { group, name, roles: roleNames, pools: poolNames, claims } = input;
      const id = await names.group(group);
      const change = {
        name,
        roles: roleNames && (await idsOf(roleNames, names.role)),
        pools: poolNames && (await idsOf(poolNames, names.pool)),
        claims,
      };
      await groups.change(id, checkedInput(groupChangeSchema, change), commandLine);
    },

    removeGroup: async (group: string): Promise<void> =>
      groups.remove(await names.group(group), commandLine),

    listRoles: (): Promise<Role[]> => roles.list(),

    addRole: async (role: NewRole): Promise<{ id: string }> => {
      const { id } = await roles.create(checkedInput(newRoleSchema, role), commandLine);
      return { id };
    },

    changeRole: async ({ role, ...change }: RoleChange): Promise<void> => {
      const id = await names.role(role);
      await roles.change(id, checkedInput(newRoleSchema.partial(), change), commandLine);
    },

    removeRole: async (role: string): Promise<void> =>
      roles.remove(await names.role(role), commandLine),
  };
}
