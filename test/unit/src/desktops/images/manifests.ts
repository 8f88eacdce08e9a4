import { createHash, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageManifest } from '../../../../../src/desktops/images/manifest.ts';
import {
  type StoredImage,
  writeManifest,
} from '../../../../../src/desktops/images/stored-image.ts';

const content = Buffer.from('the content of a disk');

export function registeredManifest(part: Partial<ImageManifest> = {}): ImageManifest {
  const sha256 = createHash('sha256').update(content).digest('hex');
  return {
    version: 1,
    id: randomUUID(),
    name: 'my-disk',
    title: 'My disk',
    imageVersion: 1,
    kind: 'registered',
    boot: { kind: 'disk' },
    disk: { file: 'disk.raw', format: 'raw' },
    ready: 'first-frame',
    files: { 'disk.raw': { sha256, size: content.length } },
    created: '2026-01-01T00:00:00.000Z',
    ...part,
  };
}

/** An image that is small and whole. */
export async function storeImage(
  root: string,
  part: Partial<ImageManifest> = {},
): Promise<StoredImage> {
  const manifest = registeredManifest(part);
  const dir = join(root, manifest.id);
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'disk.raw'), content);
  await writeManifest(dir, manifest);
  return { dir, manifest };
}
