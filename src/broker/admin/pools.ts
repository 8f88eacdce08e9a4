import type { z } from 'zod';
import { CodedError } from '../../contract/errors.ts';
import {
  type Freed,
  type KeptDisk,
  newPoolSchema,
  type Pool,
  poolChangeSchema,
} from '../../contract/pool.ts';
import type { Groups } from '../access/groups.ts';
import type { Users } from '../access/users.ts';
import { commandLine } from '../audit/actor.ts';
import { checkedInput } from '../checked-input.ts';
import type { KeptDisks } from '../pools/kept-disks.ts';
import type { PoolRemoval, Pools } from '../pools/pools.ts';
import { idsOf, type Names } from './names.ts';
import { createPoolOwnGroups } from './pool-own-groups.ts';

/** `users` get a group of their own, named after the pool. */
type NewPool = Omit<z.input<typeof newPoolSchema>, 'groups'> & {
  groups?: readonly string[];
  users?: readonly string[];
};
/** A pool is called by its name or its id. */
type PoolChange = { pool: string } & Omit<z.input<typeof poolChangeSchema>, 'groups'>;
type Entitlement = { pool: string } & ({ username: string } | { group: string });

type Deps = { pools: Pools; keptDisks: KeptDisks; groups: Groups; users: Users; names: Names };

export function poolAdmin(deps: Deps) {
  const { pools, keptDisks, names } = deps;
  const ownGroups = createPoolOwnGroups(deps);

  async function find(nameOrId: string): Promise<Pool> {
    const id = await names.pool(nameOrId);
    const pool = (await pools.list()).find((each) => each.id === id);
    if (pool !== undefined) return pool;
    throw new CodedError('command-invalid', { detail: `there is no pool ${nameOrId}` });
  }

  return {
    listPools: () => pools.list(),

    addPool: async (input: NewPool): Promise<{ id: string }> => {
      const { groups: groupNames = [], users: usernames = [], ...pool } = input;
      const userIds = await idsOf(usernames, names.user);
      const groupIds = await idsOf(groupNames, names.group);
      const created = await pools.create(
        checkedInput(newPoolSchema, { ...pool, groups: groupIds }),
        commandLine,
      );
      await ownGroups.join(created, userIds);
      return { id: created.id };
    },

    changePool: async ({ pool: nameOrId, ...input }: PoolChange): Promise<void> => {
      const pool = await find(nameOrId);
      const change = checkedInput(poolChangeSchema, input);
      await pools.change(pool.id, change, commandLine);
      if (change.name !== undefined) await ownGroups.rename(pool, change.name);
    },

    removePool: async (nameOrId: string, how: PoolRemoval): Promise<Freed> => {
      const pool = await find(nameOrId);
      const freed = await pools.remove(pool.id, how, commandLine);
      await ownGroups.remove(pool);
      return freed;
    },

    listPoolDisks: async (nameOrId: string): Promise<KeptDisk[]> =>
      keptDisks.list(await names.pool(nameOrId)),

    /** Destroys the disk that a user has in a pool. */
    resetPoolDisk: async (nameOrId: string, username: string): Promise<Freed> => {
      const poolId = await names.pool(nameOrId);
      const userId = await names.user(username);
      const disk = (await keptDisks.list(poolId)).find(({ user }) => user.id === userId);
      if (disk !== undefined) return keptDisks.reset(poolId, disk.id, commandLine);
      throw new CodedError('command-invalid', { detail: `${username} has no disk in ${nameOrId}` });
    },

    /** Lets a user, or the members of a group, open desktops of a pool. */
    entitle: async (input: Entitlement): Promise<void> => {
      const pool = await find(input.pool);
      if ('username' in input) await ownGroups.join(pool, [await names.user(input.username)]);
      else await pools.entitle(pool.id, await names.group(input.group), commandLine);
    },

    /** Takes that from them again. A user may still be let in by a group. */
    withdraw: async (input: Entitlement): Promise<void> => {
      const pool = await find(input.pool);
      if ('username' in input) await ownGroups.leave(pool, await names.user(input.username));
      else await pools.withdraw(pool.id, await names.group(input.group), commandLine);
    },
  };
}
