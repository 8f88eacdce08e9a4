import { chmodSync, statSync } from 'node:fs';

/** Others than its owner. */
const others = 0o077;

/**
 * Takes from everybody but the owner what they may do with a file or folder of the broker's, which
 * somebody may have copied here with other permissions.
 */
export function keepPrivate(path: string): void {
  const { mode } = statSync(path);
  if ((mode & others) !== 0) chmodSync(path, mode & 0o7777 & ~others);
}
