import type { RemovedDiskTable } from '../store/schema.ts';
import type { Database } from '../store/store.ts';

type Removed = Pick<RemovedDiskTable, 'id' | 'kind'>;

/**
 * Writes down that these files are to go, in the transaction in which the rows go that they are of:
 * whatever happens before they are gone, the sweep knows.
 */
export async function noteRemoved(
  transaction: Database,
  removed: readonly Removed[],
  now: number,
): Promise<void> {
  if (removed.length === 0) return;
  await transaction
    .insertInto('removed_disks')
    .values(removed.map((each) => ({ ...each, removed_at: now })))
    .execute();
}
