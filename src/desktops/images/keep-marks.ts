import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from './file-error.ts';

/*
 * Whoever makes disks on images that are to last, as brokers do, marks those images; builds and
 * removals run without the broker's store and go by the marks. A mark is an empty file `ID/OWNER` in
 * a folder beside the images. Several brokers may share the images, each with an owner's name of its
 * own.
 */

const folder = '.in-use';

/** Marks these images as used by this owner, and no other as used by it any more. */
export async function keepImages(
  root: string,
  owner: string,
  ids: ReadonlySet<string>,
): Promise<void> {
  const known = await namesIn(join(root, folder));
  for (const id of new Set([...known, ...ids])) {
    const mark = join(root, folder, id, owner);
    const isMarked = (await namesIn(join(root, folder, id))).includes(owner);
    if (isMarked && !ids.has(id)) await rm(mark, { force: true });
    if (isMarked || !ids.has(id)) continue;
    await mkdir(join(root, folder, id), { recursive: true });
    await writeFile(mark, '');
  }
}

export async function isKept(root: string, id: string): Promise<boolean> {
  return (await namesIn(join(root, folder, id))).length > 0;
}

async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}
