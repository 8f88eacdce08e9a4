import type { z } from 'zod';
import { newDesktopSchema, type OfferedDesktop } from '../../contract/admin.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Groups } from '../access/groups.ts';
import type { OfferedDesktops } from '../access/offered-desktops.ts';
import type { Users } from '../access/users.ts';
import { commandLine } from '../audit/actor.ts';
import { checkedInput } from '../checked-input.ts';
import { idsOf, type Names } from './names.ts';

/** `users` get a group of their own, named after the desktop. */
type NewDesktop = Omit<z.input<typeof newDesktopSchema>, 'groups'> & {
  groups?: readonly string[];
  users?: readonly string[];
};

type Deps = { offeredDesktops: OfferedDesktops; groups: Groups; users: Users; names: Names };

export function desktopAdmin({ offeredDesktops, groups, users, names }: Deps) {
  async function find(nameOrId: string): Promise<OfferedDesktop> {
    const id = await names.desktop(nameOrId);
    const desktop = (await offeredDesktops.list()).find((each) => each.id === id);
    if (desktop === undefined) throw new CodedError('not-found', { detail: nameOrId });
    return desktop;
  }

  /** The group of the users who were entitled one by one, named after the desktop. */
  async function ownGroup({ id, name, groups: entitled }: OfferedDesktop): Promise<string> {
    const own = entitled.find((group) => group.name === name || group.name.startsWith(`${name} (`));
    if (own !== undefined) return own.id;
    const taken = new Set((await groups.list()).map((group) => group.name));
    const group = { name: unusedName(name, taken), roles: [], desktops: [id], claims: [] };
    return (await groups.create(group, commandLine)).id;
  }

  async function entitleUsers(desktop: OfferedDesktop, userIds: readonly string[]): Promise<void> {
    if (userIds.length === 0) return;
    const group = await ownGroup(desktop);
    for (const id of userIds) await users.join(id, group, commandLine);
  }

  return {
    listDesktops: () => offeredDesktops.list(),

    addDesktop: async (input: NewDesktop): Promise<{ id: string }> => {
      const { groups: groupNames = [], users: usernames = [], ...desktop } = input;
      const userIds = await idsOf(usernames, names.user);
      const groupIds = await idsOf(groupNames, names.group);
      const created = await offeredDesktops.create(
        checkedInput(newDesktopSchema, { ...desktop, groups: groupIds }),
        commandLine,
      );
      await entitleUsers(created, userIds);
      return { id: created.id };
    },

    /** Lets a user, or the members of a group, open a desktop. */
    entitle: async (
      input: { desktop: string } & ({ username: string } | { group: string }),
    ): Promise<void> => {
      const desktop = await find(input.desktop);
      if ('username' in input) await entitleUsers(desktop, [await names.user(input.username)]);
      else await offeredDesktops.entitle(desktop.id, await names.group(input.group), commandLine);
    },
  };
}

function unusedName(wanted: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted} (${number})`;
    if (!taken.has(name)) return name;
  }
}
