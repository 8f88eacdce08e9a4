import { join } from 'node:path';
import type { DesktopSpec } from './engine.ts';
import type { StoredImage } from './images/stored-image.ts';
import type { Boot } from './qemu/args.ts';

/** How a machine boots its image: the manifest's way, and with what the guest is told of itself. */
export function bootOf({ dir, manifest }: StoredImage, spec: DesktopSpec): Boot {
  if (manifest.boot.kind === 'disk') return { kind: 'disk' };
  const { vmlinux, initrd, cmdline } = manifest.boot;
  return {
    kind: 'kernel',
    kernel: join(dir, vmlinux),
    initrd: join(dir, initrd),
    cmdline: [cmdline, ...guestFacts(spec)].join(' '),
  };
}

/** Read in the guest from /proc/cmdline. None of the values can hold a space. */
function guestFacts(spec: DesktopSpec): string[] {
  return [
    `porthole.name=desktop-${spec.id.slice(0, 8)}`,
    `porthole.image=${spec.image}`,
    `porthole.engine=${spec.engine}`,
  ];
}
