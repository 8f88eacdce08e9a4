import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import type { Disposable } from '../../contract/disposable.ts';
import { CodedError } from '../../contract/errors.ts';
import { asStoreError, isBusy } from '../../desktops/sqlite-error.ts';

const askAgainMs = 20;
/** Whoever has it writes a few files; only a process that was stopped takes as long as this. */
const patienceMs = 10_000;

/**
 * Does what reads keys and then writes them while nobody else does, in this process or another. As
 * lockHost, it is SQLite's lock on an otherwise empty database: the system lets go of it when its
 * holder is killed. The file is beside the folder, since a backup that is restored replaces that.
 *
 * @throws change-conflict when another does not come to an end, store-damaged, disk-full
 */
export async function withKeysLocked<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const lock = await takeLock(`${folder}.lock`);
  try {
    return await work();
  } finally {
    lock.dispose();
  }
}

async function takeLock(file: string): Promise<Disposable> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  for (let waited = 0; waited < patienceMs; waited += askAgainMs) {
    const lock = tryLock(file);
    if (lock !== null) return lock;
    await pause(askAgainMs);
  }
  const detail = `another process works on the keys beside ${file}`;
  throw new CodedError('change-conflict', { detail });
}

/** null when somebody else has it. */
function tryLock(file: string): Disposable | null {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(file);
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    const held = database;
    return { dispose: () => held.close() };
  } catch (cause) {
    database?.close();
    if (isBusy(cause)) return null;
    throw asStoreError(cause, file);
  }
}
