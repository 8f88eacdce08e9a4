import { randomUUID } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { copyDisk } from './copy-disk.ts';
import type { ImageManifest } from './manifest.ts';
import { inspectDisk } from './qemu-img.ts';
import { type StoredImage, writeManifest } from './stored-image.ts';
import type { RunTool } from './tools.ts';
import { openWorkspace } from './workspace.ts';

type DiskToAdd = {
  name: string;
  /** qcow2 or raw; copied, never moved. */
  file: string;
  signal?: AbortSignal | undefined;
  /** Share of the file that is copied, 0 to 1. */
  onProgress?: ((fraction: number) => void) | undefined;
  /** Asked right before the image is there: copying takes its time. */
  refuseTaken(): Promise<void>;
};

type Deps = { root: string; run: RunTool; now: () => number };

/** Makes an image of a user's own disk. @throws image-invalid, disk-full, tool-missing */
export async function addImage(
  { root, run, now }: Deps,
  { name, file, signal, onProgress, refuseTaken }: DiskToAdd,
): Promise<StoredImage> {
  const workspace = await openWorkspace(root, 'adding');
  try {
    const copy = join(workspace.path, 'disk');
    const { format, checksum } = await copyDisk(file, copy, { signal, onFraction: onProgress });
    // The copy is what is looked at: the user's file may change, the copy doesn't.
    await inspectDisk(run, copy, format, signal);
    const disk = `disk.${format}`;
    await rename(copy, join(workspace.path, disk));
    const id = randomUUID();
    const manifest: ImageManifest = {
      version: 1,
      id,
      name,
      title: name,
      imageVersion: 1,
      kind: 'registered',
      boot: { kind: 'disk' },
      disk: { file: disk, format },
      ready: 'first-frame',
      files: { [disk]: checksum },
      created: new Date(now()).toISOString(),
    };
    await writeManifest(workspace.path, manifest);
    await refuseTaken();
    const dir = join(root, id);
    await rename(workspace.path, dir);
    return { dir, manifest };
  } finally {
    await workspace.dispose();
  }
}
