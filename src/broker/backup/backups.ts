import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import { lockHost } from '../../desktops/host-lock.ts';
import { commandLine } from '../audit/actor.ts';
import { lockStore } from '../store/lock-store.ts';
import { sqliteFile } from '../store/sqlite-store.ts';
import { makeDataFolder, openAnyStore, openStore, type StoreLocation } from '../store/store.ts';
import { restoreBackup } from './restore-backup.ts';
import { settleRestore } from './restore-journal.ts';
import { writeBackup } from './write-backup.ts';

type Order = StoreLocation & { file: string; clock: Clock };

/**
 * For the command line: writes a backup of a broker, whether it runs or not.
 * @throws store-missing where there is no broker, and as writeBackup does
 */
export async function backUpBroker({ file, clock, ...location }: Order): Promise<void> {
  assertThere(location);
  const store = await openStore(location);
  try {
    const { dataDir } = location;
    await writeBackup({ store, dataDir, file: resolve(file), clock, by: commandLine });
  } finally {
    await store.close();
  }
}

/**
 * For the command line: restores a backup where no broker runs.
 * @returns when the backup was made
 * @throws broker-running, and as restoreBackup does
 */
export async function restoreBroker(order: Order & { replace: boolean }): Promise<Date> {
  const { file, clock, replace, ...location } = order;
  const { dataDir } = location;
  makeDataFolder(dataDir);
  const held: (() => unknown)[] = [];
  try {
    const folderLock = lockHost(dataDir);
    held.unshift(() => folderLock.dispose());
    // A broker that takes the lock while the server is gone finds the restore undone, or done.
    const storeLock = await lockStore(location, { clock, onTaken: () => undefined });
    held.unshift(() => storeLock.dispose());
    await settleRestore(location);
    const store = await openAnyStore(location);
    held.unshift(() => store.close());
    const source = resolve(file);
    return await restoreBackup({ store, dataDir, file: source, clock, by: commandLine, replace });
  } finally {
    for (const release of held) await release();
  }
}

/** Opening a store makes one; a backup of that would be taken for that of another broker. */
function assertThere({ dataDir, databaseUrl }: StoreLocation): void {
  if (databaseUrl !== undefined || existsSync(sqliteFile(dataDir))) return;
  throw new CodedError('store-missing', { detail: dataDir });
}
