/** Para-virtualized: devices made for virtual machines (virtio 1.1), quicker but in need of drivers. */
export const paraHardware: readonly string[] = [
  '-device',
  'virtio-vga',
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
  // Memory that the guest does not use goes back to the host.
  '-device',
  'virtio-balloon-pci,free-page-reporting=on',
  '-device',
  'virtio-serial-pci',
  '-device',
  'virtserialport,chardev=agent,name=org.qemu.guest_agent.0',
];
