import { errnoOf } from './file-error.ts';
import { ImageLibrary, type ImageLibraryDeps } from './library.ts';
import type { StoredImage } from './stored-image.ts';

/** Of the builds before the latest. One is worth its half gigabyte: desktops may still run on it. */
const kept = 1;

/** Each change of a recipe makes an image of its own; nobody asks for the old ones again. */
export async function removeOldBuilds(deps: ImageLibraryDeps, latest: StoredImage): Promise<void> {
  const library = new ImageLibrary(deps);
  const { images } = await library.list();
  const { id, name } = latest.manifest;
  const earlier = images.filter(
    ({ manifest }) => manifest.kind === 'built' && manifest.name === name && manifest.id !== id,
  );
  for (const image of earlier.slice(kept)) {
    await library.remove(image).catch((error: unknown) => {
      // Another build, ended at the same time, has removed it already.
      if (errnoOf(error) !== 'ENOENT') throw error;
    });
  }
}
