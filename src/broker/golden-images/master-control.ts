import { CodedError } from '../../contract/errors.ts';
import type { DiskFiles } from '../disks/disk-files.ts';
import type { Database } from '../store/store.ts';

/** What changing golden images needs of whoever runs their masters. */
export type MasterControl = {
  /**
   * Shuts the master down, which ends its session, and does something with its disk while it cannot
   * be opened again. @throws change-conflict where it runs and is out of reach, or its disk is in use
   */
  withDisk<T>(id: string, work: () => Promise<T>): Promise<T>;
};

/** For the command line: a master that runs is the broker's. */
export function mastersOfTheBroker({
  db,
  files,
}: {
  db: Database;
  files: DiskFiles;
}): MasterControl {
  async function assertStopped(id: string): Promise<void> {
    const machine = await db
      .selectFrom('machines')
      .select('id')
      .where('belongs_to', '=', id)
      .executeTakeFirst();
    if (machine === undefined) return;
    throw new CodedError('change-conflict', {
      detail: 'its master runs: end its session first, or do it in the broker’s API',
    });
  }
  return {
    withDisk: async (id, work) => {
      await files.prepare();
      const held = files.hold(id);
      try {
        // Not before: the broker writes its machine down while it holds the disk.
        await assertStopped(id);
        return await work();
      } finally {
        held.dispose();
      }
    },
  };
}
