import { rename, rm } from 'node:fs/promises';
import { draftOf } from '../machine-record.ts';
import { receiveState } from '../templates/device-state.ts';
import type { MachinePaths } from './machine-paths.ts';
import type { MigrationWatch } from './migration-watch.ts';
import type { QmpClient } from './qmp.ts';

/** QEMU sends 128 MiB a second by default, for the sake of the network. Here is none. */
const bytesPerSecond = 64 * 1024 ** 3;

/**
 * Has a guest that stands still send its memory and devices into the file, which is there as soon as
 * it is whole. @throws guest-failed, or the fault of the file system
 */
export async function saveState(
  qmp: QmpClient,
  migration: MigrationWatch,
  { paths, file }: { paths: MachinePaths; file: string },
): Promise<void> {
  const draft = draftOf(file);
  await rm(draft, { force: true });
  await rm(paths.migration, { force: true });
  const receiver = await receiveState(paths.migration, draft);
  // A file that can't be written closes the connection, which fails the migration: the reason is the
  // file's.
  let fault: unknown = null;
  receiver.received.catch((error: unknown) => {
    fault = error;
  });
  try {
    await send(qmp, migration, paths.migration);
    await receiver.received;
    await rename(draft, file);
  } catch (error) {
    throw fault ?? error;
  } finally {
    await receiver.dispose();
    await rm(draft, { force: true });
    await rm(paths.migration, { force: true });
  }
}

async function send(qmp: QmpClient, migration: MigrationWatch, socket: string): Promise<void> {
  await qmp.execute('migrate-set-capabilities', {
    capabilities: [
      { capability: 'events', state: true },
      // A clone was loaded without its memory; it is saved with it.
      { capability: 'x-ignore-shared', state: false },
    ],
  });
  await qmp.execute('migrate-set-parameters', { 'max-bandwidth': bytesPerSecond });
  const sent = migration.next();
  await qmp.execute('migrate', { uri: `unix:${socket}` });
  await sent;
}
