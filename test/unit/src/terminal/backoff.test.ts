import { expect, it } from 'vitest';
import { backoffMs } from '../../../../src/terminal/backoff.ts';

it('doubles up to a limit', () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 1_000].map((attempt) => backoffMs(attempt, 0));
  expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 7_500, 7_500, 7_500]);
});

it('spreads the tries over the upper half', () => {
  expect(backoffMs(3, 0)).toBe(1_000);
  expect(backoffMs(3, 0.5)).toBe(1_500);
  expect(backoffMs(3, 0.999)).toBeLessThan(2_000);
});
