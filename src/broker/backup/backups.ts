import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import { lockHost } from '../../desktops/host-lock.ts';
import { commandLine } from '../audit/actor.ts';
import { sqliteFile } from '../store/sqlite-store.ts';
import { openStore, type StoreLocation } from '../store/store.ts';
import { restoreBackup } from './restore-backup.ts';
import { writeBackup } from './write-backup.ts';

type Order = StoreLocation & { file: string; clock: Clock };

/**
 * For the command line: writes a backup of a broker, whether it runs or not.
 * @throws not-found where there is no broker, and as writeBackup does
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
 * @throws broker-running, and as restoreBackup does
 */
export async function restoreBroker(order: Order & { replace: boolean }): Promise<void> {
  const { file, clock, replace, ...location } = order;
  const store = await openStore(location);
  try {
    const { dataDir } = location;
    const lock = lockHost(dataDir);
    try {
      const source = resolve(file);
      await restoreBackup({ store, dataDir, file: source, clock, by: commandLine, replace });
    } finally {
      lock.dispose();
    }
  } finally {
    await store.close();
  }
}

/** Opening a store makes one; a backup of that would be taken for that of another broker. */
function assertThere({ dataDir, databaseUrl }: StoreLocation): void {
  if (databaseUrl !== undefined || existsSync(sqliteFile(dataDir))) return;
  throw new CodedError('not-found', { detail: sqliteFile(dataDir) });
}
