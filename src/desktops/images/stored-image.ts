import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { CodedError } from '../../contract/errors.ts';
import { checksumOf } from './checksum.ts';
import {
  type ImageManifest,
  imageManifestSchema,
  manifestFileName,
  type NewManifest,
} from './manifest.ts';

/** An image as it lies on the disk; the file names in the manifest are relative to `dir`. */
export type StoredImage = { dir: string; manifest: ImageManifest };

/** @throws image-damaged when the folder holds no manifest of its own that can be read */
export async function readStoredImage(dir: string): Promise<StoredImage> {
  const file = join(dir, manifestFileName);
  try {
    const manifest = imageManifestSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    if (manifest.id !== basename(dir)) throw new Error(`it is the manifest of ${manifest.id}`);
    return { dir, manifest };
  } catch (cause) {
    throw new CodedError('image-damaged', { detail: `${file}: ${firstLine(cause)}`, cause });
  }
}

const claimSchema = z.object({ id: z.string().catch(''), name: z.string().catch('') });

/**
 * What an image that cannot be used may have been asked for by: the name of its folder, and id and
 * name in its manifest as far as that can be read.
 */
export async function claimedNames(dir: string): Promise<string[]> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(dir, manifestFileName), 'utf8'));
    const { id, name } = claimSchema.parse(manifest);
    return [basename(dir), id, name].filter((claimed) => claimed !== '');
  } catch {
    return [basename(dir)]; // that the manifest cannot be read is known already
  }
}

/** Seals what `dir` holds: from here on its files can be checked. */
export async function writeManifest(dir: string, manifest: NewManifest): Promise<void> {
  const checked = imageManifestSchema.parse(manifest);
  await writeFile(join(dir, manifestFileName), `${JSON.stringify(checked, null, 2)}\n`);
}

/**
 * Compares each file with its checksum in the manifest, a second for each half gigabyte.
 * @throws image-damaged naming the file
 */
export async function verifyStoredImage(
  { dir, manifest }: StoredImage,
  signal?: AbortSignal,
): Promise<void> {
  for (const [name, expected] of Object.entries(manifest.files)) {
    const file = join(dir, name);
    const found = await checksumOf(file, { signal }).catch((cause: unknown) => {
      signal?.throwIfAborted();
      throw new CodedError('image-damaged', { detail: `${file}: ${firstLine(cause)}`, cause });
    });
    if (found.size !== expected.size) {
      const detail = `${file} has ${found.size} bytes instead of ${expected.size}`;
      throw new CodedError('image-damaged', { detail });
    }
    if (found.sha256 !== expected.sha256) {
      throw new CodedError('image-damaged', { detail: `the content of ${file} has changed` });
    }
  }
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';
}
