import type { Boot } from './args.ts';

/** Para-virtualized: devices made for virtual machines (virtio 1.1), quicker but in need of drivers. */
export function paraHardware(boot: Boot['kind']): string[] {
  return ['-device', graphics[boot], ...devices];
}

/**
 * Firmware and boot loaders draw by VGA. A kernel that QEMU loads itself has no use for it, and
 * without it each guest is spared its frame buffer. The screen is small until somebody's window
 * gives it a size: QEMU keeps three copies of it.
 */
const graphics: Record<Boot['kind'], string> = {
  disk: 'virtio-vga',
  kernel: 'virtio-gpu-pci,xres=1024,yres=768',
};

const devices: readonly string[] = [
  '-device',
  'virtio-blk-pci,drive=disk',
  '-device',
  'virtio-keyboard-pci',
  '-device',
  'virtio-tablet-pci',
  '-object',
  'rng-builtin,id=entropy',
  '-device',
  'virtio-rng-pci,rng=entropy',
  '-device',
  'virtio-serial-pci',
  '-device',
  'virtserialport,chardev=agent,name=org.qemu.guest_agent.0',
  '-device',
  'virtserialport,chardev=identity,name=io.porthole.identity',
];
