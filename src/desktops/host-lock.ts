import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Disposable } from '../contract/disposable.ts';
import { CodedError } from '../contract/errors.ts';

/**
 * Holds the data folder for one broker. The lock is SQLite's on an otherwise empty database: the
 * one lock within Node's reach that the system lets go of when its holder is killed, so there is
 * never a stale one to judge.
 * @throws broker-running
 */
export function lockHost(dataDir: string): Disposable {
  const database = new DatabaseSync(join(dataDir, 'host.lock'));
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    throw new CodedError('broker-running', { detail: dataDir, cause });
  }
  return {
    dispose() {
      if (database.isOpen) database.close();
    },
  };
}
