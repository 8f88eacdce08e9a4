import { join } from 'node:path';
import type { StoredImage } from '../images/stored-image.ts';

/** What a machine reads of its image while it runs: the disk, and what QEMU loads itself. */
export function filesOfImage({ dir, manifest: { disk, boot } }: StoredImage): string[] {
  const loaded = boot.kind === 'kernel' ? [boot.vmlinux, boot.initrd] : [];
  return [disk.file, ...loaded].map((name) => join(dir, name));
}
