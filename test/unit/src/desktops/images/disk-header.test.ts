import { describe, expect, it } from 'vitest';
import { diskFormat } from '../../../../../src/desktops/images/disk-header.ts';
import { bootableRaw, qcow2Header } from './disks.ts';

describe('the first bytes of a disk', () => {
  it('tell its format', () => {
    expect(diskFormat(qcow2Header())).toBe('qcow2');
    expect(diskFormat(bootableRaw(1024))).toBe('raw');
  });

  it.each([
    ['a backing file', qcow2Header({ backingOffset: 0x210n }), /backing file/],
    ['data in another file', qcow2Header({ incompatible: 4n }), /another file/],
    ['data in another file, among other features', qcow2Header({ incompatible: 5n }), /another/],
    ['encryption', qcow2Header({ encryption: 2 }), /encrypted/],
    ['an unknown version', qcow2Header({ version: 4 }), /version 4/],
    ['half a header', qcow2Header().subarray(0, 60), /cut off/],
    ['no boot sector', Buffer.alloc(1024), /neither/],
    ['a text', Buffer.from('# Disk DescriptorFile'), /neither/],
    ['nothing', Buffer.alloc(0), /neither/],
  ])('are refused for %s', (_, header, why) => {
    expect(() => diskFormat(header)).toThrow(
      expect.objectContaining({ code: 'image-invalid', detail: expect.stringMatching(why) }),
    );
  });
});
