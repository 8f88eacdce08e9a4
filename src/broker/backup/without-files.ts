import type { DiskFiles } from '../disks/disk-files.ts';
import type { Database } from '../store/store.ts';

const lostDisk =
  'Its disk is not part of a backup: put the file back and start it, or remove the server.';

/**
 * Makes the rows of a backup fit the files that are here, of which it holds none: rows of disks that
 * are not here go, and so does what is known of machines. A virtual server without its disk does not
 * start by itself.
 */
export async function fitToFiles(transaction: Database, files: DiskFiles): Promise<void> {
  await transaction.deleteFrom('machines').execute();
  await transaction.deleteFrom('host_usage').execute();
  for (const table of ['kept_disks', 'masters'] as const) {
    for (const { id } of await transaction.selectFrom(table).select('id').execute()) {
      if (await files.exists(files.disk(id))) continue;
      await transaction.deleteFrom(table).where('id', '=', id).execute();
    }
  }
  for (const { id } of await transaction.selectFrom('snapshots').select('id').execute()) {
    if (await files.exists(files.snapshot(id))) continue;
    await transaction.deleteFrom('snapshots').where('id', '=', id).execute();
  }
  await transaction.updateTable('servers').set({ machine_id: null }).execute();
  const servers = await transaction
    .selectFrom('servers')
    .select('id')
    .where('disk_made', '=', 1)
    .execute();
  for (const { id } of servers) {
    if (await files.exists(files.disk(id))) continue;
    await transaction
      .updateTable('servers')
      .set({ wanted: 'stopped', state: 'failed', problem: lostDisk })
      .where('id', '=', id)
      .execute();
  }
}
