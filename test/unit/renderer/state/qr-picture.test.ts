import decodeQR from 'qr/decode.js';
import { encode } from 'uqr';
import { describe, expect, it } from 'vitest';
import { qrPicture } from '../../../../renderer/state/qr-picture.ts';

const quietZone = 4;
const pixelsPerModule = 3;

/** The modules that a path of one-high rectangles covers. */
function modulesOf({ size, path }: ReturnType<typeof qrPicture>): boolean[][] {
  const modules = Array.from({ length: size }, () => new Array<boolean>(size).fill(false));
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)) {
    modules[Number(y)]?.fill(true, Number(x), Number(x) + Number(width));
  }
  return modules;
}

/** As a camera has it: opaque pixels, dark on light. */
function photographed(modules: boolean[][]) {
  const side = modules.length * pixelsPerModule;
  const shades = Array.from({ length: side * side }, (_, place) => {
    const y = Math.floor(place / side / pixelsPerModule);
    const x = Math.floor((place % side) / pixelsPerModule);
    return modules[y]?.[x] ? 0 : 255;
  });
  const data = Uint8Array.from(shades.flatMap((shade) => [shade, shade, shade, 255]));
  return { width: side, height: side, data };
}

describe('the picture of a QR code', () => {
  it.each(['https://broker.example/enroll?code=BCDF-GHJK', 'ü'.repeat(120), 'A'])('%s', (text) => {
    const picture = qrPicture(text);
    const modules = modulesOf(picture);
    expect(modules).toEqual(encode(text, { ecc: 'M', boostEcc: true, border: quietZone }).data);
    expect(picture.path.replaceAll(/M\d+ \d+h(\d+)v1h-\1z/g, '')).toBe('');
    expect(decodeQR(photographed(modules))).toBe(text);
  });

  it('has light all around that a camera needs', () => {
    const { size, ...picture } = qrPicture('A');
    const modules = modulesOf({ size, ...picture });
    const inside = (place: number) => place >= quietZone && place < size - quietZone;
    modules.forEach((row, y) => {
      row.forEach((dark, x) => {
        if (dark) expect([x, y].every(inside)).toBe(true);
      });
    });
  });
});
