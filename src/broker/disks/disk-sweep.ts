import type { Clock } from '../../contract/clock.ts';
import type { Host } from '../../desktops/engine.ts';
import type { Database } from '../store/store.ts';
import type { DiskFiles } from './disk-files.ts';

type Deps = {
  db: Database;
  clock: Pick<Clock, 'now'>;
  files: DiskFiles;
  host: Pick<Host, 'machines'>;
};

/** So long a start that was under way may still make the disk of an owner that is gone. */
const settledMs = 60 * 60_000;
/** No copy of a disk rests for so long. */
const draftMs = 60 * 60_000;

/**
 * Removes the files whose removal was decided and that are there still: whoever decided it may have
 * been killed, or a machine that was just starting may have made its disk anew. A file that no row
 * names is left alone: after an older backup was restored it may be all that is left of somebody's
 * work.
 */
export async function sweepDisks({ db, clock, files, host }: Deps): Promise<void> {
  const inUse = new Set(
    host.machines().flatMap(({ spec: { disk } }) => (disk.kind === 'kept' ? [disk.path] : [])),
  );
  for (const { id, kind, removed_at } of await db
    .selectFrom('removed_disks')
    .selectAll()
    .execute()) {
    const file = kind === 'disk' ? files.disk(id) : files.snapshot(id);
    if (inUse.has(file)) continue;
    await files.remove(file);
    if (clock.now() - removed_at < settledMs) continue;
    await files.removeLock(id);
    await db.deleteFrom('removed_disks').where('id', '=', id).execute();
  }
  await files.removeDrafts(clock.now() - draftMs);
}
