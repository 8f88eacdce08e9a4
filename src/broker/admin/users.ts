import type { z } from 'zod';
import { accountChangeSchema, newAccountSchema } from '../../contract/admin.ts';
import type { Freed } from '../../contract/pool.ts';
import type { Users } from '../access/users.ts';
import { commandLine } from '../audit/actor.ts';
import { checkedInput } from '../checked-input.ts';
import { idsOf, type Names } from './names.ts';

/** `groups` are names, as in all input of the command line. */
type NewUser = Omit<z.input<typeof newAccountSchema>, 'groups'> & { groups?: string[] };
type UserChange = { username: string } & Omit<z.input<typeof accountChangeSchema>, 'groups'>;
type Membership = { username: string; group: string };

export function userAdmin({ users, names }: { users: Users; names: Names }) {
  return {
    listUsers: () => users.list(),

    addUser: async ({ groups = [], ...user }: NewUser): Promise<{ id: string }> => {
      const input = { ...user, groups: await idsOf(groups, names.group) };
      const { id } = await users.create(checkedInput(newAccountSchema, input), commandLine);
      return { id };
    },

    changeUser: async ({ username, ...change }: UserChange): Promise<void> => {
      const id = await names.user(username);
      await users.change(id, checkedInput(accountChangeSchema, change), commandLine);
    },

    /** Signs the user out everywhere. */
    setPassword: async (input: { username: string; password: string }): Promise<void> => {
      const id = await names.user(input.username);
      const change = checkedInput(accountChangeSchema, { password: input.password });
      await users.change(id, change, commandLine);
    },

    /** What goes back to the host. */
    removeUser: async (username: string): Promise<Freed> =>
      users.remove(await names.user(username), commandLine),

    joinGroup: async ({ username, group }: Membership): Promise<void> =>
      users.join(await names.user(username), await names.group(group), commandLine),

    leaveGroup: async ({ username, group }: Membership): Promise<void> =>
      users.leave(await names.user(username), await names.group(group), commandLine),
  };
}
