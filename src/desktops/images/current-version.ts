import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from './file-error.ts';

/*
 * Which version of an image new desktops begin with: a file in the folder of images for each name,
 * with the id in it. Where there is none, it is the newest.
 */

/** The id that was chosen last, whether it is still there or not; null where none was. */
export async function readCurrent(root: string, name: string): Promise<string | null> {
  try {
    return (await readFile(fileOf(root, name), 'utf8')).trim();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** In one step: whoever reads meanwhile has the old or the new one. */
export async function writeCurrent(root: string, name: string, id: string): Promise<void> {
  const draft = `${fileOf(root, name)}.${process.pid}`;
  await writeFile(draft, `${id}\n`);
  await rename(draft, fileOf(root, name));
}

export async function forgetCurrent(root: string, name: string): Promise<void> {
  await rm(fileOf(root, name), { force: true });
}

/** No image begins with a dot, so none is called like this. */
function fileOf(root: string, name: string): string {
  return join(root, `.current-${name}`);
}
