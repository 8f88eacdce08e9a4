import type { Group } from '../../contract/admin.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Pool } from '../../contract/pool.ts';
import type { Groups } from '../access/groups.ts';
import type { Users } from '../access/users.ts';
import { commandLine } from '../audit/actor.ts';

/**
 * Users who are entitled to a pool one by one are in a group that is named after it, as far as
 * its name is free, and is for nothing else.
 */
export type PoolOwnGroups = {
  join(pool: Pool, userIds: readonly string[]): Promise<void>;
  /** @throws command-invalid when the user was not entitled one by one */
  leave(pool: Pool, userId: string): Promise<void>;
  /** After the pool. */
  rename(before: Pool, name: string): Promise<void>;
  /** With the pool, unless it is used for something else meanwhile. */
  remove(pool: Pool): Promise<void>;
};

type Deps = { groups: Groups; users: Users };

export function createPoolOwnGroups({ groups, users }: Deps): PoolOwnGroups {
  function find({ name, groups: entitled }: Pool) {
    return entitled.find((group) => group.name === name || group.name.startsWith(`${name} (`));
  }

  async function unusedName(wanted: string): Promise<string> {
    const taken = new Set((await groups.list()).map((group) => group.name));
    for (let number = 1; ; number += 1) {
      const name = number === 1 ? wanted : `${wanted} (${number})`;
      if (!taken.has(name)) return name;
    }
  }

  async function findOrMake(pool: Pool): Promise<string> {
    const own = find(pool);
    if (own !== undefined) return own.id;
    const name = await unusedName(pool.name);
    const group = { name, roles: [], pools: [pool.id], claims: [] };
    return (await groups.create(group, commandLine)).id;
  }

  return {
    join: async (pool, userIds) => {
      if (userIds.length === 0) return;
      const group = await findOrMake(pool);
      for (const id of userIds) await users.join(id, group, commandLine);
    },

    leave: async (pool, userId) => {
      const own = find(pool);
      const account = (await users.list()).find(({ id }) => id === userId);
      if (own !== undefined && account?.groups.some(({ id }) => id === own.id)) {
        await users.leave(userId, own.id, commandLine);
        return;
      }
      const entitled = pool.groups.map(({ name }) => name).join(', ');
      const detail = `the user is not entitled one by one; these groups are: ${entitled || 'none'}`;
      throw new CodedError('command-invalid', { detail });
    },

    rename: async (before, name) => {
      const own = find(before);
      if (own === undefined || name === before.name) return;
      await groups.change(own.id, { name: await unusedName(name) }, commandLine);
    },

    remove: async (pool) => {
      const own = find(pool);
      const group = (await groups.list()).find(({ id }) => id === own?.id);
      if (group !== undefined && isForNothing(group)) await groups.remove(group.id, commandLine);
    },
  };
}

function isForNothing({ builtIn, roles, pools, claims }: Group): boolean {
  return !builtIn && roles.length + pools.length + claims.length === 0;
}
