import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Disposable } from '../contract/disposable.ts';
import { CodedError } from '../contract/errors.ts';
import { asStoreError, isBusy } from './sqlite-error.ts';

/**
 * Holds the data folder for one broker. The lock is SQLite's on an otherwise empty database: the
 * one lock within Node's reach that the system lets go of when its holder is killed, so there is
 * never a stale one to judge.
 * @throws broker-running; store-damaged or disk-full when the lock file itself is at fault
 */
export function lockHost(dataDir: string): Disposable {
  const file = join(dataDir, 'host.lock');
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(file);
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    database?.close();
    throw isBusy(cause)
      ? new CodedError('broker-running', { detail: dataDir, cause })
      : asStoreError(cause, file);
  }
  const held = database;
  return {
    dispose() {
      if (held.isOpen) held.close();
    },
  };
}
