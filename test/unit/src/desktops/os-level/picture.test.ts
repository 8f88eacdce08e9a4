import { PNG } from 'pngjs';
import { expect, it } from 'vitest';
import { type Picture, pngOf, ppmOf } from '../../../../../src/desktops/os-level/picture.ts';

const picture: Picture = {
  width: 2,
  height: 2,
  rgb: Buffer.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3]),
};

it('writes PNG that others read', async () => {
  const { width, height, data } = PNG.sync.read(await pngOf(picture), { checkCRC: true });
  expect([width, height]).toEqual([2, 2]);
  expect([...data]).toEqual([255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 1, 2, 3, 255]);
});

it('writes PPM', () => {
  expect(ppmOf(picture)).toEqual(Buffer.concat([Buffer.from('P6\n2 2\n255\n'), picture.rgb]));
});
