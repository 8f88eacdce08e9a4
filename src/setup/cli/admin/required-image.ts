import { CodedError } from '../../../contract/errors.ts';
import { ImageLibrary } from '../../../desktops/images/library.ts';
import { runTool } from '../../../desktops/images/tools.ts';
import { imagesFolder } from '../../guest-image.ts';

/** A desktop without its image could not start. @throws image-unknown with the names there are */
export async function requireImage(cacheDir: string, name: string): Promise<void> {
  const root = imagesFolder(cacheDir);
  const library = new ImageLibrary({ root, run: runTool, now: () => Date.now() });
  try {
    await library.find(name);
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'image-unknown') throw error;
    const names = new Set((await library.list()).images.map(({ manifest }) => manifest.name));
    const known = names.size === 0 ? 'there is none yet' : `there is ${[...names].join(', ')}`;
    throw new CodedError('image-unknown', { detail: `${name}; ${known}`, cause: error });
  }
}
