import { chmod, chown, lchown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Whose it is. Null when there is no such file. */
export async function ownerOf(path: string): Promise<number | null> {
  return (await lstat(path).catch(() => null))?.uid ?? null;
}

/** Gives a file, or a folder with all that is in it, to a user. Links are never followed. */
export async function give(path: string, uid: number): Promise<void> {
  const stats = await lstat(path);
  if (stats.uid !== uid || stats.gid !== uid) await lchown(path, uid, uid);
  if (!stats.isDirectory()) return;
  const names = await readdir(path);
  await Promise.all(names.map((name) => give(join(path, name), uid)));
}

const readBits = { file: 0o4, folder: 0o5 } as const;
const passBits = 0o1;

/**
 * Lets a group read a file, or a folder and the files right in it: what the broker keeps to itself
 * would be closed to other users. What everybody may read anyway stays as it is.
 */
export async function letRead(path: string, gid: number): Promise<void> {
  const stats = await lstat(path);
  if (stats.isDirectory()) {
    await openTo(path, stats, gid, readBits.folder);
    const entries = await readdir(path, { withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    await Promise.all(files.map(({ name }) => letRead(join(path, name), gid)));
  } else if (stats.isFile()) {
    await openTo(path, stats, gid, readBits.file);
  }
}

/** Lets a group through a folder to what it knows the name of. */
export async function letPass(folder: string, gid: number): Promise<void> {
  await openTo(folder, await lstat(folder), gid, passBits);
}

async function openTo(
  path: string,
  { uid, gid: current, mode }: { uid: number; gid: number; mode: number },
  gid: number,
  bits: number,
): Promise<void> {
  const ofGroup = bits << 3;
  if ((mode & bits) === bits || (current === gid && (mode & ofGroup) === ofGroup)) return;
  await chown(path, uid, gid);
  await chmod(path, (mode & 0o7777) | ofGroup);
}
