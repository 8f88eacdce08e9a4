import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Machine, StopReason } from '../../desktops/engine.ts';
import type { DiskFiles } from '../disks/disk-files.ts';
import type { MachineOwner, MachineRows } from '../host-figures/machine-rows.ts';
import type { Lease, Offer, Supply, Wish } from '../sessions/supply.ts';
import { shutDownPatienceMs } from '../shut-down-patience.ts';
import type { Database } from '../store/store.ts';
import { createHeldDisks } from './held-disks.ts';
import { assertKeptDisk, claimKeptDisk } from './kept-disks.ts';
import type { PoolMachines } from './pool-machines.ts';
import { findPool, type PoolRow, policyOfRow } from './pool-rows.ts';
import type { Spares } from './spares.ts';

type Deps = {
  db: Database;
  clock: Clock;
  files: DiskFiles;
  machines: Pick<MachineRows, 'of'>;
  poolMachines: PoolMachines;
  spares: Pick<Spares, 'take' | 'makeRoom'>;
};

/** Desktops of pools. */
export function createPoolSupply(deps: Deps): Supply {
  const { db, files, machines, poolMachines, spares } = deps;
  const disks = createHeldDisks();

  /** Those that any group of the user is entitled to, each once. */
  function entitledTo(userId: string) {
    return db
      .selectFrom('pools')
      .select(['id', 'name', 'description', 'engine', 'image', 'policy'])
      .where('id', 'in', (query) =>
        query
          .selectFrom('entitlements')
          .innerJoin('group_members', 'group_members.group_id', 'entitlements.group_id')
          .select('pool_id')
          .where('user_id', '=', userId),
      );
  }

  /** A desktop that nobody uses yet makes room for one that somebody waits for. @throws host-full */
  async function startOrMakeRoom(...order: Parameters<PoolMachines['start']>): Promise<Machine> {
    try {
      return await poolMachines.start(...order);
    } catch (error) {
      const isFull = error instanceof CodedError && error.code === 'host-full';
      if (!isFull || !(await spares.makeRoom())) throw error;
      return poolMachines.start(...order);
    }
  }

  async function handOver(spare: Machine, owner: MachineOwner): Promise<Machine> {
    try {
      await poolMachines.handOver(spare, owner);
      return spare;
    } catch (error) {
      // It is nobody's now.
      void spare.stop('asked');
      throw error;
    }
  }

  async function start(pool: PoolRow, userId: string): Promise<Machine> {
    const owner = ownerOf(pool, userId);
    const image = await poolMachines.imageOf(pool);
    if (pool.persistence === 'non-persistent') {
      const spare = spares.take(pool.id, image.image_id);
      if (spare !== null) return handOver(spare, owner);
      return startOrMakeRoom(pool, owner, image, { kind: 'fresh' });
    }
    await files.prepare();
    const disk = await claimKeptDisk(deps, { pool_id: pool.id, user_id: userId }, image);
    const lying = { image_id: disk.image_id, image_version: disk.image_version };
    const path = files.disk(disk.id);
    // The session before this one may still be shutting down.
    await disks.free(path);
    await assertKeptDisk(files, disk);
    const machine = await startOrMakeRoom(pool, owner, lying, { kind: 'kept', path });
    disks.hold(machine);
    return machine;
  }

  return {
    listOf: async (userId) => (await entitledTo(userId).execute()).map(offerOf),
    find: async ({ userId, desktopId }): Promise<Offer | null> => {
      const row = await entitledTo(userId).where('id', '=', desktopId).executeTakeFirst();
      return row === undefined ? null : offerOf(row);
    },
    lease: async ({ userId, desktopId }: Wish) => {
      const pool = await findPool(db, desktopId);
      if (pool === null) throw new CodedError('desktop-not-found');
      return leaseOf(await start(pool, userId));
    },
    resume: async (_, machine) => {
      const rows = await machines.of('session');
      if (!rows.some(({ id }) => id === machine.spec.id)) return null;
      poolMachines.follow(machine);
      disks.hold(machine);
      return leaseOf(machine);
    },
  };
}

type OfferRow = Pick<PoolRow, 'id' | 'name' | 'description' | 'engine' | 'image' | 'policy'>;

function offerOf(row: OfferRow): Offer {
  return { ...row, policy: policyOfRow(row) };
}

function ownerOf(pool: PoolRow, user_id: string) {
  return { purpose: 'session', belongs_to: pool.id, belongs_to_name: pool.name, user_id } as const;
}

function leaseOf(machine: Machine): Lease {
  return {
    machine,
    outlivesSession: false,
    end: (reason: StopReason) =>
      machine.spec.disk.kind === 'kept'
        ? machine.shutDown(shutDownPatienceMs)
        : machine.stop(reason),
  };
}
