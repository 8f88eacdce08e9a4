import { join } from 'node:path';
import type { Disposable } from '../contract/disposable.ts';
import { CodedError } from '../contract/errors.ts';
import { lockFile } from './file-lock.ts';

/**
 * Holds the data folder for one broker.
 * @throws broker-running; store-damaged or disk-full when the lock file itself is at fault
 */
export function lockHost(dataDir: string): Disposable {
  const lock = lockFile(join(dataDir, 'host.lock'));
  if (lock === null) throw new CodedError('broker-running', { detail: dataDir });
  return lock;
}
