import { expect, it } from 'vitest';
import type { ImageManifest } from '../../../../src/desktops/images/manifest.ts';
import { bootOf } from '../../../../src/desktops/machine-boot.ts';
import { machineSpec } from './machine-spec.ts';

const manifest: ImageManifest = {
  version: 1,
  id: '8a7c1a52-2b1f-4b7e-9d5e-0c7b4d1f3a90',
  name: 'a',
  title: 'A',
  kind: 'built',
  imageVersion: 1,
  boot: { kind: 'kernel', vmlinux: 'vmlinux', initrd: 'initrd', cmdline: 'quiet' },
  disk: { file: 'disk.qcow2', format: 'qcow2' },
  ready: 'marker',
  files: {},
  created: '2026-01-01T00:00:00Z',
};
const spec = machineSpec({ hostname: 'desk-7', image: manifest.id });

it('boots a kernel of the image, and tells the guest who it is', () => {
  expect(bootOf({ dir: '/images/x', manifest }, spec, 'de')).toEqual({
    kind: 'kernel',
    kernel: '/images/x/vmlinux',
    initrd: '/images/x/initrd',
    cmdline:
      'quiet porthole.name=desk-7 porthole.image=8a7c1a52-2b1f-4b7e-9d5e-0c7b4d1f3a90 porthole.engine=para porthole.disk=fresh porthole.keyboard=de',
  });
});

it('leaves an image that boots by itself alone', () => {
  const image = { dir: '/images/x', manifest: { ...manifest, boot: { kind: 'disk' as const } } };
  expect(bootOf(image, spec, 'de')).toEqual({ kind: 'disk' });
});
