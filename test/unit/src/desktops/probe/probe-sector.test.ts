import { expect, it } from 'vitest';
import { probeSector } from '../../../../../src/desktops/probe/probe-sector.ts';

it('is a boot sector whose tables lie where its code looks for them', () => {
  const sector = probeSector();
  expect(sector.length).toBe(512);
  expect(sector.readUInt16LE(510)).toBe(0xaa55);
  const at = (address: number) => address - 0x7c00;
  // gdtr and idtr: limit, then address.
  expect(sector.readUInt32LE(at(0x7d0a) + 2)).toBe(0x7cfa);
  expect(sector.readBigUInt64LE(at(0x7cfa) + 8)).toBe(0x00209a0000000000n);
  expect(sector.readUInt32LE(at(0x7d10) + 2)).toBe(0x5000);
});
