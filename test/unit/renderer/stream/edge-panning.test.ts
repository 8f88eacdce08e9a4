import { expect, it } from 'vitest';
import { speed } from '../../../../renderer/stream/edge-panning.ts';

it('moves towards the edge that the pointer is at, faster the nearer', () => {
  expect(speed(500, 1000)).toBe(0);
  expect(speed(32, 1000)).toBe(0);
  expect(speed(16, 1000)).toBe(-12);
  expect(speed(0, 1000)).toBe(-24);
  expect(speed(999, 1000)).toBe(24);
  expect(speed(-50, 1000)).toBe(-24);
});
