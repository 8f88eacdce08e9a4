import { CodedError } from '../../contract/errors.ts';
import type { StoredImage } from './stored-image.ts';

/** All images of one name, the newest version first, and the one that new desktops begin with. */
export type ImageVersions = { versions: StoredImage[]; current: StoredImage };

/**
 * The images with numbers that are theirs alone among those of their name, in the order of their
 * numbers. Those of before there were numbers all say 1, and are numbered by their age.
 */
export function numbered(images: readonly StoredImage[]): StoredImage[] {
  return [...Map.groupBy(images, ({ manifest }) => manifest.name).values()].flatMap((sameName) => {
    let last = 0;
    return sameName.toSorted(byVersion).map((image) => {
      last = Math.max(last + 1, image.manifest.imageVersion);
      return { ...image, manifest: { ...image.manifest, imageVersion: last } };
    });
  });
}

function byVersion(a: StoredImage, b: StoredImage): number {
  return (
    a.manifest.imageVersion - b.manifest.imageVersion ||
    Date.parse(a.manifest.created) - Date.parse(b.manifest.created)
  );
}

/** The number for the next image of this name, of all images there are. */
export function nextVersion(images: readonly StoredImage[], name: string): number {
  return (versionsOf(images, name)[0]?.manifest.imageVersion ?? 0) + 1;
}

/** Those of this name, the newest version first. */
export function versionsOf(images: readonly StoredImage[], name: string): StoredImage[] {
  const versions = images.filter(({ manifest }) => manifest.name === name);
  return versions.toSorted((a, b) => byVersion(b, a));
}

/** @throws image-unknown */
export function versionOf(versions: readonly StoredImage[], version: number): StoredImage {
  const found = versions.find(({ manifest }) => manifest.imageVersion === version);
  if (found !== undefined) return found;
  const name = versions[0]?.manifest.name ?? '';
  throw new CodedError('image-unknown', { detail: `${name} has no version ${version}` });
}

/** Bytes of its files as its manifest has them. */
export function sizeOf({ manifest }: StoredImage): number {
  return Object.values(manifest.files).reduce((sum, { size }) => sum + size, 0);
}
