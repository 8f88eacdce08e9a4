import type { z } from 'zod';
import {
  desktopChangeSchema,
  newDesktopSchema,
  type OfferedDesktop,
} from '../../contract/admin.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Groups } from '../access/groups.ts';
import type { OfferedDesktops } from '../access/offered-desktops.ts';
import type { Users } from '../access/users.ts';
import { commandLine } from '../audit/actor.ts';
import { checkedInput } from '../checked-input.ts';
import { createDesktopOwnGroups } from './desktop-own-groups.ts';
import { idsOf, type Names } from './names.ts';

/** `users` get a group of their own, named after the desktop. */
type NewDesktop = Omit<z.input<typeof newDesktopSchema>, 'groups'> & {
  groups?: readonly string[];
  users?: readonly string[];
};
/** A desktop is called by its name or its id. */
type DesktopChange = { desktop: string } & Omit<z.input<typeof desktopChangeSchema>, 'groups'>;
type Entitlement = { desktop: string } & ({ username: string } | { group: string });

type Deps = { offeredDesktops: OfferedDesktops; groups: Groups; users: Users; names: Names };

export function desktopAdmin(deps: Deps) {
  const { offeredDesktops, names } = deps;
  const ownGroups = createDesktopOwnGroups(deps);

  async function find(nameOrId: string): Promise<OfferedDesktop> {
    const id = await names.desktop(nameOrId);
    const desktop = (await offeredDesktops.list()).find((each) => each.id === id);
    if (desktop !== undefined) return desktop;
    throw new CodedError('command-invalid', { detail: `there is no desktop ${nameOrId}` });
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
      await ownGroups.join(created, userIds);
      return { id: created.id };
    },

    changeDesktop: async ({ desktop: nameOrId, ...input }: DesktopChange): Promise<void> => {
      const desktop = await find(nameOrId);
      const change = checkedInput(desktopChangeSchema, input);
      await offeredDesktops.change(desktop.id, change, commandLine);
      if (change.name !== undefined) await ownGroups.rename(desktop, change.name);
    },

    removeDesktop: async (nameOrId: string, how: { endSessions: boolean }): Promise<void> => {
      const desktop = await find(nameOrId);
      await offeredDesktops.remove(desktop.id, how, commandLine);
      await ownGroups.remove(desktop);
    },

    /** Lets a user, or the members of a group, open a desktop. */
    entitle: async (input: Entitlement): Promise<void> => {
      const desktop = await find(input.desktop);
      if ('username' in input) await ownGroups.join(desktop, [await names.user(input.username)]);
      else await offeredDesktops.entitle(desktop.id, await names.group(input.group), commandLine);
    },

    /** Takes that from them again. A user may still be let in by a group. */
    withdraw: async (input: Entitlement): Promise<void> => {
      const desktop = await find(input.desktop);
      if ('username' in input) await ownGroups.leave(desktop, await names.user(input.username));
      else await offeredDesktops.withdraw(desktop.id, await names.group(input.group), commandLine);
    },
  };
}
