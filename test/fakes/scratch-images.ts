import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openImages } from '../../src/broker/images.ts';
import type { Clock } from '../../src/contract/clock.ts';
import type { ImageLibrary } from '../../src/desktops/images/library.ts';

const names = ['porthole', 'porthole-desktop'];

/** A real library of images that consist of nothing but their manifests. */
export function scratchImages(cacheDir: string, clock: Pick<Clock, 'now'>): ImageLibrary {
  // A broker that is started again finds those of the one before.
  if (!existsSync(join(cacheDir, 'images'))) {
    for (const name of names) addScratchImage(cacheDir, name);
  }
  return openImages(cacheDir, clock);
}

/** @param imageVersion of those of this name the newest is current */
export function addScratchImage(cacheDir: string, name: string, imageVersion = 1): void {
  const id = randomUUID();
  const dir = join(cacheDir, 'images', id);
  mkdirSync(dir, { recursive: true });
  const manifest = {
    version: 1,
    id,
    name,
    title: name,
    kind: 'registered',
    imageVersion,
    boot: { kind: 'disk' },
    disk: { file: 'disk.qcow2', format: 'qcow2' },
    ready: 'first-frame',
    files: {},
    created: `2026-01-0${imageVersion}T00:00:00Z`,
  };
  writeFileSync(join(dir, 'manifest.json'), JSON.stringify(manifest));
}
