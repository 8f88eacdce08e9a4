import type { Clock } from '../../contract/clock.ts';
import type { Freed } from '../../contract/pool.ts';
import type { DiskFiles } from '../disks/disk-files.ts';
import { noteRemoved } from '../disks/removed-disks.ts';
import { parseUsage } from '../host-figures/usage-text.ts';
import type { Database } from '../store/store.ts';
import { sum } from '../sum.ts';

/** What somebody, or a pool, leaves: disks and desktops, with what goes back to the host. */
export type Estate = { freed: Freed; diskIds: readonly string[] };

/** Finds and frees what goes back to the pools and the host. */
export type Estates = {
  ofUser(db: Database, userId: string): Promise<Estate>;
  ofPool(db: Database, poolId: string): Promise<Estate>;
  ofDisk(db: Database, diskId: string): Promise<Estate>;
  /** Takes it out of the store; in the transaction in which its owner goes. */
  giveUp(transaction: Database, estate: Estate): Promise<void>;
  /**
   * Removes its files, after that. A desktop that still runs on one holds it open to its end, which
   * the broker brings about at its next look; what that leaves, the sweep removes.
   */
  destroy(estate: Estate): Promise<void>;
};

type Owner = { user_id: string } | { pool_id: string } | { id: string };

type Deps = { files: DiskFiles; clock: Pick<Clock, 'now'> };

export function createEstates({ files, clock }: Deps): Estates {
  async function estateOf(
    disks: readonly { id: string }[],
    sessions: readonly { usage: string | null; persistence: string | null }[],
  ): Promise<Estate> {
    const sizes = await Promise.all(disks.map(({ id }) => files.bytes(files.disk(id))));
    const memory = sessions.map(({ usage }) => parseUsage(usage)?.pssBytes ?? 0);
    // What a session has written to a disk that is kept is on that disk, and counted there.
    const fresh = sessions.filter(({ persistence }) => persistence !== 'persistent');
    const written = fresh.map(({ usage }) => parseUsage(usage)?.diskBytes ?? 0);
    return {
      diskIds: disks.map(({ id }) => id),
      freed: {
        sessions: sessions.length,
        disks: disks.length,
        diskBytes: sum(sizes) + sum(written),
        memoryBytes: sum(memory),
      },
    };
  }

  const disksOf = (db: Database, owner: Owner) => {
    const query = db.selectFrom('kept_disks').select('id');
    if ('user_id' in owner) return query.where('user_id', '=', owner.user_id).execute();
    if ('pool_id' in owner) return query.where('pool_id', '=', owner.pool_id).execute();
    return query.where('id', '=', owner.id).execute();
  };

  const liveSessions = (db: Database) =>
    db
      .selectFrom('sessions')
      .leftJoin('machines', 'machines.id', 'sessions.machine_id')
      .leftJoin('pools', 'pools.id', 'sessions.desktop_id')
      .select(['machines.usage', 'pools.persistence'])
      .where('sessions.state', 'in', ['starting', 'running', 'suspended']);

  return {
    ofUser: async (db, user_id) =>
      estateOf(
        await disksOf(db, { user_id }),
        await liveSessions(db).where('sessions.user_id', '=', user_id).execute(),
      ),
    ofPool: async (db, pool_id) =>
      estateOf(
        await disksOf(db, { pool_id }),
        await liveSessions(db).where('sessions.desktop_id', '=', pool_id).execute(),
      ),
    ofDisk: async (db, id) => estateOf(await disksOf(db, { id }), []),
    giveUp: async (transaction, { diskIds }) => {
      if (diskIds.length === 0) return;
      await transaction.deleteFrom('kept_disks').where('id', 'in', diskIds).execute();
      const removed = diskIds.map((id) => ({ id, kind: 'disk' as const }));
      await noteRemoved(transaction, removed, clock.now());
    },
    destroy: async ({ diskIds }) => {
      for (const id of diskIds) await files.remove(files.disk(id));
    },
  };
}
