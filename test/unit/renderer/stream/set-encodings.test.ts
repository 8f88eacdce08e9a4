import { expect, it } from 'vitest';
import { withoutQuality } from '../../../../renderer/stream/set-encodings.ts';

function setEncodings(...encodings: number[]): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(4 + 4 * encodings.length));
  view.setUint8(0, 2);
  view.setUint16(2, encodings.length);
  for (const [at, encoding] of encodings.entries()) view.setInt32(4 + 4 * at, encoding);
  return new Uint8Array(view.buffer);
}

it('leaves every level of quality out of the encodings, and nothing else', () => {
  const levels = Array.from({ length: 10 }, (_, level) => level - 32);
  const others = [1, 7, -33, -22, -247, -308, 0x574d5664];
  expect(withoutQuality(setEncodings(...others, ...levels))).toEqual(setEncodings(...others));
});

it('reads a message out of the middle of a buffer', () => {
  const message = setEncodings(7, -26, -223);
  const buffer = new Uint8Array([9, 9, 9, ...message]);
  expect(withoutQuality(buffer.subarray(3))).toEqual(setEncodings(7, -223));
});

it('leaves other messages alone', () => {
  const request = Uint8Array.of(3, 1, 0, 0, 0, 0, 0, 2, 0, 2);
  expect(withoutQuality(request)).toBe(request);
});
