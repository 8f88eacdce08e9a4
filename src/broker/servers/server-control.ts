import { CodedError } from '../../contract/errors.ts';
import type { Machine } from '../../desktops/engine.ts';
import type { DiskFiles } from '../disks/disk-files.ts';
import type { Database } from '../store/store.ts';
import { serverRow } from './server-rows.ts';

/** What looking after virtual servers needs of whoever runs them. */
export type ServerControl = {
  /** Its row has changed. Resolves when that is seen, or is written for who sees it later. */
  wake(id: string): Promise<void>;
  /**
   * Does something with its disk, while no machine starts on it. The work is given the machine that
   * has it now. @throws change-conflict where a machine has it that is out of reach, or it is in use
   */
  withDisk<T>(id: string, work: (machine: Machine | null) => Promise<T>): Promise<T>;
  /** Switches it off for good. @throws as `withDisk` does */
  drop(id: string): Promise<void>;
};

/** For the command line: a broker that runs sees what is written at its next look. */
export function serversOfTheBroker({
  db,
  files,
}: {
  db: Database;
  files: DiskFiles;
}): ServerControl {
  async function assertStopped(id: string): Promise<void> {
    const { name, machine_id, wanted } = await serverRow(db, id);
    const machine = await db
      .selectFrom('machines')
      .select('id')
      .where('belongs_to', '=', id)
      .executeTakeFirst();
    if (machine_id === null && machine === undefined && wanted === 'stopped') return;
    const detail = `${name} runs: stop it first, or do it in the broker's API`;
    throw new CodedError('change-conflict', { detail });
  }
  return {
    wake: async () => undefined,
    withDisk: async (id, work) => {
      await files.prepare();
      const held = files.hold(id);
      try {
        // Not before: the broker writes its machine down while it holds the disk.
        await assertStopped(id);
        return await work(null);
      } finally {
        held.dispose();
      }
    },
    drop: assertStopped,
  };
}
