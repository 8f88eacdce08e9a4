import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Of `st_blocks`, whatever the file system's own (stat(2)). */
const blockBytes = 512;

/** Bytes that files and folders take on the disk, with all that is in them; what is missing takes none. */
export async function bytesOnDisk(paths: readonly string[]): Promise<number> {
  const sizes = await Promise.all(paths.map(bytesOf));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

async function bytesOf(path: string): Promise<number> {
  try {
    const stat = await lstat(path);
    const own = stat.blocks * blockBytes;
    if (!stat.isDirectory()) return own;
    const names = await readdir(path);
    return own + (await bytesOnDisk(names.map((name) => join(path, name))));
  } catch {
    return 0; // removed meanwhile
  }
}
