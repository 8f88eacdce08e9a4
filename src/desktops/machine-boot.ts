import { join } from 'node:path';
import type { KeyboardLayout } from '../contract/keyboard.ts';
import type { MachineSpec } from './engine.ts';
import type { StoredImage } from './images/stored-image.ts';
import type { Boot } from './qemu/args.ts';

/** How a machine boots its image: the manifest's way, and with what the guest is told of itself. */
export function bootOf(
  { dir, manifest }: StoredImage,
  spec: MachineSpec,
  keyboard: KeyboardLayout,
): Boot {
  if (manifest.boot.kind === 'disk') return { kind: 'disk' };
  const { vmlinux, initrd, cmdline } = manifest.boot;
  return {
    kind: 'kernel',
    kernel: join(dir, vmlinux),
    initrd: join(dir, initrd),
    cmdline: [cmdline, ...guestFacts(spec, manifest.id, keyboard)].join(' '),
  };
}

/** Read in the guest from /proc/cmdline. None of the values can hold a space. */
function guestFacts(
  { hostname, engine, disk }: MachineSpec,
  imageId: string,
  keyboard: KeyboardLayout,
): string[] {
  return [
    `porthole.name=${hostname}`,
    `porthole.image=${imageId}`,
    `porthole.engine=${engine}`,
    `porthole.disk=${disk.kind}`,
    `porthole.keyboard=${keyboard}`,
  ];
}
