import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type Checksum, checksumOf } from './checksum.ts';
import { assertOverlay, headerLength } from './disk-header.ts';
import { errnoOf } from './file-error.ts';
import type { NewManifest } from './manifest.ts';
import { flattenOverlay } from './qemu-img.ts';
import { readStoredImage, type StoredImage, writeManifest } from './stored-image.ts';
import type { RunTool } from './tools.ts';
import { openWorkspace } from './workspace.ts';

export type Publication = {
  /** What the overlay lies on. */
  parent: StoredImage;
  /** A qcow2 overlay on the parent's disk that nobody writes to any more. Absolute. */
  overlay: string;
  version: number;
  notes: string;
};

export type PublishOptions = {
  signal?: AbortSignal | undefined;
  /** From 0 to 1. */
  onProgress?: ((fraction: number) => void) | undefined;
};

type Deps = { root: string; run: RunTool; now: () => number };

/** Writing the disk takes about this part of the time, and its checksum the rest. */
const shareOfDisk = 0.7;
const disk = 'disk.qcow2';

/**
 * Makes an image of a parent and an overlay that depends on neither. It has no root tree, even where
 * its parent has: what was changed on the disk is not in that.
 * @throws image-invalid, disk-full, tool-missing, command-failed; the signal's reason
 */
export async function publishImage(
  deps: Deps,
  publication: Publication,
  { signal, onProgress }: PublishOptions = {},
): Promise<StoredImage> {
  const { parent, overlay, version, notes } = publication;
  const workspace = await openWorkspace(deps.root, 'publishing');
  try {
    await checkHeader(overlay);
    const target = join(workspace.path, disk);
    const { disk: parentDisk } = parent.manifest;
    const backing = { file: join(parent.dir, parentDisk.file), format: parentDisk.format };
    const onFraction = (fraction: number) => onProgress?.(fraction * shareOfDisk);
    await flattenOverlay(deps.run, { overlay, backing }, target, { signal, onFraction });
    const files = await linkBootFiles(parent, workspace.path);
    const checksum = await checksumOf(target, { signal });
    const id = randomUUID();
    await writeManifest(workspace.path, {
      ...inherited(parent),
      id,
      kind: 'published',
      imageVersion: version,
      parent: parent.manifest.id,
      ...(notes === '' ? {} : { notes }),
      disk: { file: disk, format: 'qcow2' },
      files: { ...files, [disk]: checksum },
      created: new Date(deps.now()).toISOString(),
    });
    const dir = join(deps.root, id);
    await rename(workspace.path, dir);
    onProgress?.(1);
    return await readStoredImage(dir);
  } finally {
    await workspace.dispose();
  }
}

function inherited({ manifest }: StoredImage): Omit<NewManifest, 'id' | 'kind' | 'created'> {
  const { version, name, title, boot, ready, disk: parentDisk, files } = manifest;
  return { version, name, title, boot, ready, disk: parentDisk, files };
}

async function checkHeader(overlay: string): Promise<void> {
  const file = await open(overlay);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headerLength), 0, headerLength, 0);
    assertOverlay(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/** What QEMU loads itself stays as it was; it is the same file where the file system can do that. */
async function linkBootFiles(
  { dir, manifest }: StoredImage,
  target: string,
): Promise<Record<string, Checksum>> {
  if (manifest.boot.kind === 'disk') return {};
  const files: Record<string, Checksum> = {};
  for (const name of [manifest.boot.vmlinux, manifest.boot.initrd]) {
    await link(join(dir, name), join(target, name)).catch((error: unknown) => {
      if (!cannotLink(error)) throw error;
      return copyFile(join(dir, name), join(target, name), constants.COPYFILE_FICLONE);
    });
    const checksum = manifest.files[name];
    if (checksum !== undefined) files[name] = checksum;
  }
  return files;
}

function cannotLink(error: unknown): boolean {
  return ['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP'].includes(errnoOf(error) ?? '');
}
