import { describe, expect, it } from 'vitest';
import { isBlank } from '../../../../../src/desktops/qemu/screen.ts';

describe('a screen', () => {
  it('of one colour is blank', () => {
    expect(isBlank(ppm(4, 2, () => [7, 8, 9]))).toBe(true);
  });

  it('with one other pixel, even the last, is not', () => {
    expect(isBlank(ppm(4, 2, (at) => (at === 7 ? [7, 8, 8] : [7, 8, 9])))).toBe(false);
  });

  it('that is no picture is blank', () => {
    expect(isBlank(Buffer.from('not a picture'))).toBe(true);
    expect(isBlank(Buffer.alloc(0))).toBe(true);
  });
});

function ppm(width: number, height: number, colour: (at: number) => number[]): Buffer {
  const pixels = Array.from({ length: width * height }, (_, at) => colour(at)).flat();
  return Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), Buffer.from(pixels)]);
}
