import { lstat, readlink } from 'node:fs/promises';
import { errnoOf } from '../images/file-error.ts';

/** A part of the host's system that programs need in order to run. */
export type SystemEntry =
  | { kind: 'read'; path: string }
  | { kind: 'link'; path: string; target: string };

/**
 * Programs and libraries, and the cache that the loader finds them by (ld.so(8)). Nothing else of
 * /etc: there are no users, names or keys inside.
 */
const systemPaths = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/etc/ld.so.cache',
] as const;

/** What of it this host has: /lib is a folder on some systems and a link into /usr on others. */
export async function readSystemView(): Promise<SystemEntry[]> {
  const entries = await Promise.all(systemPaths.map(entryAt));
  return entries.filter((entry) => entry !== null);
}

async function entryAt(path: string): Promise<SystemEntry | null> {
  try {
    const isLink = (await lstat(path)).isSymbolicLink();
    return isLink ? { kind: 'link', path, target: await readlink(path) } : { kind: 'read', path };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}
