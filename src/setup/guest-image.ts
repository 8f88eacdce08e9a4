import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../contract/errors.ts';
import type { StoredImage } from '../desktops/image-source.ts';
import { buildImage, findBuilt } from '../desktops/images/build.ts';
import { type Recipe, readRecipe } from '../desktops/images/recipe.ts';
import { verifyStoredImage } from '../desktops/images/stored-image.ts';
import { runTool } from '../desktops/images/tools.ts';
import type { Progress } from './progress.mjs';

type GuestImageDeps = {
  /** The checkout. */
  root: string;
  cache: string;
  offline: boolean;
  progress: Progress;
  signal: AbortSignal;
};

/** The folder of all images. */
export function imagesFolder(cache: string): string {
  return join(cache, 'images');
}

/**
 * The image of the recipe in this checkout: built when there is none yet, and compared with its
 * checksums when there is.
 * @throws offline-missing; image-damaged; whatever keeps it from being built
 */
export async function readyGuestImage(deps: GuestImageDeps): Promise<StoredImage> {
  const recipe = await recipeOf(deps.root);
  const built = await findBuilt(imagesFolder(deps.cache), recipe);
  if (built === null) {
    if (deps.offline) throw new CodedError('offline-missing', { detail: 'the guest image' });
    return build(recipe, deps);
  }
  await verifyStoredImage(built, deps.signal);
  return built;
}

/**
 * The same, but a damaged image is moved aside and built anew.
 * @returns the image, and where the damaged one was put
 */
export async function repairedGuestImage(
  deps: GuestImageDeps,
): Promise<{ image: StoredImage; setAside: string | null }> {
  try {
    return { image: await readyGuestImage(deps), setAside: null };
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'image-damaged') throw error;
    const setAside = await moveAside(
      join(imagesFolder(deps.cache), (await recipeOf(deps.root)).digest),
    );
    return { image: await readyGuestImage(deps), setAside };
  }
}

function recipeOf(root: string): Promise<Recipe> {
  return readRecipe(join(root, 'assets/guest'));
}

async function moveAside(folder: string, number = 1): Promise<string> {
  // A leading dot: what is set aside is no image any more.
  const target = join(folder, '..', `.damaged-${number}`);
  if (existsSync(target)) return moveAside(folder, number + 1);
  await rename(folder, target);
  return target;
}

async function build(
  recipe: Recipe,
  { cache, progress, signal }: GuestImageDeps,
): Promise<StoredImage> {
  const bar = progress.begin('Building the guest image');
  try {
    const deps = {
      root: imagesFolder(cache),
      run: runTool,
      isRoot: process.getuid?.() === 0,
      now: Date.now,
    };
    const image = await buildImage(deps, recipe, {
      signal,
      onProgress: ({ fraction, message }) => bar.update(fraction, message),
    });
    bar.done();
    return image;
  } catch (error) {
    bar.fail();
    throw error;
  }
}
