import { DatabaseSync } from 'node:sqlite';
import type { Disposable } from '../contract/disposable.ts';
import { asStoreError, isBusy } from './sqlite-error.ts';

/**
 * Locks a file, which is made if it is not there; null where something has it locked, this process
 * included. The lock is SQLite's on an otherwise empty database: the one lock within Node's reach
 * that the system lets go of when its holder is killed, so there is never a stale one to judge.
 * @throws store-damaged or disk-full when the file itself is at fault
 */
export function lockFile(file: string): Disposable | null {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(file);
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    database?.close();
    if (isBusy(cause)) return null;
    throw asStoreError(cause, file);
  }
  const held = database;
  return {
    dispose() {
      if (held.isOpen) held.close();
    },
  };
}
