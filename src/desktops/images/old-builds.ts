import { readCurrent, writeCurrent } from './current-version.ts';
import { errnoOf } from './file-error.ts';
import { isKept } from './keep-marks.ts';
import { ImageLibrary, type ImageLibraryDeps } from './library.ts';
import type { StoredImage } from './stored-image.ts';

/** Of the builds before the latest. One is worth its half gigabyte: desktops may still run on it. */
const kept = 1;

/**
 * Gives a build its place among the images of its name: it becomes the current version, unless an
 * administrator has chosen one that was published, and builds that nobody asks for again are removed.
 */
export async function removeOldBuilds(deps: ImageLibraryDeps, latest: StoredImage): Promise<void> {
  const library = new ImageLibrary(deps);
  const { id, name } = latest.manifest;
  const { versions } = await library.versions(name);
  const chosen = await readCurrent(deps.root, name);
  const current = versions.find(({ manifest }) => manifest.id === chosen);
  // Where none was chosen, the latest is the current one by itself.
  if (current?.manifest.kind === 'built') await writeCurrent(deps.root, name, id);
  const earlier = versions.filter(
    ({ manifest }) => manifest.kind === 'built' && manifest.id !== id,
  );
  for (const image of earlier.slice(kept)) {
    if (await isNeeded(library, deps.root, image)) continue;
    await library.remove(image).catch((error: unknown) => {
      // Another build, ended at the same time, has removed it already.
      if (errnoOf(error) !== 'ENOENT') throw error;
    });
  }
}

/** Whether disks lie on it, or it was changed into a version that one may want to go back from. */
async function isNeeded(library: ImageLibrary, root: string, image: StoredImage): Promise<boolean> {
  const { id, name } = image.manifest;
  const { versions } = await library.versions(name);
  return (
    versions.some(({ manifest }) => manifest.parent === id) ||
    (await isKept(root, id)) ||
    (await readCurrent(root, name)) === id
  );
}
