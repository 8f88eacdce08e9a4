import { describe, expect, it } from 'vitest';
import { imageNameSchema } from '../../../../../src/contract/desktop.ts';
import { imageManifestSchema } from '../../../../../src/desktops/images/manifest.ts';
import { registeredManifest } from './manifests.ts';

describe('the name of an image', () => {
  it.each(['a', 'debian-12', 'win.11_pro', '0', 'x'.repeat(63)])('may be %s', (name) => {
    expect(imageNameSchema.safeParse(name).success).toBe(true);
  });

  it.each([
    '',
    '.',
    '..',
    '../a',
    'a/b',
    '-rf',
    '.hidden',
    'Big',
    'ä',
    'a b',
    'a\n',
    'x'.repeat(64),
  ])('may not be %j', (name) => {
    expect(imageNameSchema.safeParse(name).success).toBe(false);
  });
});

describe('a manifest', () => {
  it('passes as it is written', () => {
    const manifest = registeredManifest();
    expect(imageManifestSchema.parse(JSON.parse(JSON.stringify(manifest)))).toEqual(manifest);
  });

  it.each([
    ['a disk outside its folder', { disk: { file: '../disk.raw', format: 'raw' } }],
    ['an absolute disk', { disk: { file: '/dev/sda', format: 'raw' } }],
    ['a format that QEMU would have to guess', { disk: { file: 'disk.raw', format: 'auto' } }],
    [
      'a kernel outside its folder',
      {
        boot: { kind: 'kernel', vmlinux: '../../vmlinux', initrd: 'initrd', cmdline: '' },
      },
    ],
    ['a checksum that is none', { files: { 'disk.raw': { sha256: 'abc', size: 1 } } }],
    ['a version of the future', { version: 2 }],
    ['a field that nobody knows', { readonly: true }],
    ['an id that is a path', { id: '../../../../etc' }],
  ])('is refused with %s', (_, part) => {
    expect(imageManifestSchema.safeParse({ ...registeredManifest(), ...part }).success).toBe(false);
  });
});
