import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type { Selectable } from 'kysely';
import type { AuditParty } from '../../contract/audit.ts';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Freed, KeptDisk } from '../../contract/pool.ts';
import { doneBy } from '../access/audit-entry.ts';
import type { Actor } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { DiskFiles } from '../disks/disk-files.ts';
import type { KeptDiskTable } from '../store/schema.ts';
import type { Database } from '../store/store.ts';
import type { Estates } from './estates.ts';

/** The disks of users in persistent pools. */
export type KeptDisks = {
  /** By the names of their users. @throws not-found for an unknown pool */
  list(poolId: string): Promise<KeptDisk[]>;
  /** Destroys it. @throws not-found; change-conflict while a session has it */
  reset(poolId: string, diskId: string, by: Actor): Promise<Freed>;
};

type Deps = { db: Database; files: DiskFiles; estates: Estates; audit: Pick<AuditLog, 'append'> };

export function createKeptDisks({ db, files, estates, audit }: Deps): KeptDisks {
  return {
    list: async (poolId) => {
      const pool = await poolOf(db, poolId);
      const rows = await db
        .selectFrom('kept_disks')
        .innerJoin('users', 'users.id', 'kept_disks.user_id')
        .selectAll('kept_disks')
        .select('username')
        .where('pool_id', '=', poolId)
        .orderBy('username')
        .execute();
      return Promise.all(
        rows.map(async (row) => ({
          id: row.id,
          user: { id: row.user_id, name: row.username },
          pool,
          imageVersion: row.image_version,
          bytes: await files.bytes(files.disk(row.id)),
          usedAt: new Date(row.used_at).toISOString(),
        })),
      );
    },

    reset: async (poolId, diskId, by) => {
      const estate = await db.transaction().execute(async (transaction) => {
        const pool = await poolOf(transaction, poolId);
        const username = await userOfFreeDisk(transaction, poolId, diskId);
        const found = await estates.ofDisk(transaction, diskId);
        await estates.giveUp(transaction, found);
        const target: AuditParty = { kind: 'pool', id: pool.id, name: pool.name };
        const detail = { username, diskBytes: found.freed.diskBytes };
        await audit.append(doneBy(by, 'disk.destroyed', target, detail), transaction);
        return found;
      });
      await estates.destroy(estate);
      return estate.freed;
    },
  };
}

/**
 * The disk of a user in a pool; before it was ever used, one that is yet to be made on this version
 * of the image.
 */
export async function claimKeptDisk(
  { db, clock }: { db: Database; clock: Clock },
  owner: { pool_id: string; user_id: string },
  image: { image_id: string; image_version: number },
): Promise<Selectable<KeptDiskTable>> {
  const now = clock.now();
  await db
    .insertInto('kept_disks')
    .values({ id: randomUUID(), ...owner, ...image, disk_made: 0, created_at: now, used_at: now })
    .onConflict((conflict) =>
      conflict.columns(['pool_id', 'user_id']).doUpdateSet({ used_at: now }),
    )
    .execute();
  return db
    .selectFrom('kept_disks')
    .selectAll()
    .where('pool_id', '=', owner.pool_id)
    .where('user_id', '=', owner.user_id)
    .executeTakeFirstOrThrow();
}

/** An empty disk would pass for the one that is lost. @throws kept-disk-missing */
export async function assertKeptDisk(
  files: Pick<DiskFiles, 'disk' | 'exists'>,
  { id, disk_made }: Pick<KeptDiskTable, 'id' | 'disk_made'>,
): Promise<void> {
  const file = files.disk(id);
  if (disk_made === 0 || (await files.exists(file))) return;
  // The user sees it too, and has no business with the folders of the host.
  throw new CodedError('kept-disk-missing', { detail: basename(file) });
}

/** The guest of this machine runs: if its disk is one that is kept, it is there. */
export async function noteKeptDiskMade(db: Database, machineId: string): Promise<void> {
  await db
    .updateTable('kept_disks')
    .set({ disk_made: 1 })
    .where('disk_made', '=', 0)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('machines')
          .select('machines.id')
          .where('machines.id', '=', machineId)
          .whereRef('belongs_to', '=', 'kept_disks.pool_id')
          .whereRef('machines.user_id', '=', 'kept_disks.user_id'),
      ),
    )
    .execute();
}

/** The name of its user. @throws not-found; change-conflict while a session has it */
async function userOfFreeDisk(db: Database, poolId: string, diskId: string): Promise<string> {
  const disk = await db
    .selectFrom('kept_disks')
    .innerJoin('users', 'users.id', 'kept_disks.user_id')
    .select(['user_id', 'username'])
    .where('kept_disks.id', '=', diskId)
    .where('pool_id', '=', poolId)
    .executeTakeFirst();
  if (disk === undefined) throw new CodedError('not-found', { detail: 'disk' });
  const session = await db
    .selectFrom('sessions')
    .select('id')
    .where('user_id', '=', disk.user_id)
    .where('desktop_id', '=', poolId)
    .where('state', 'in', ['starting', 'running', 'suspended', 'ending'])
    .executeTakeFirst();
  if (session === undefined) return disk.username;
  throw new CodedError('change-conflict', { detail: `${disk.username} has a session on it` });
}

async function poolOf(db: Database, id: string): Promise<{ id: string; name: string }> {
  const pool = await db
    .selectFrom('pools')
    .select(['id', 'name'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (pool === undefined) throw new CodedError('not-found', { detail: 'pool' });
  return pool;
}
