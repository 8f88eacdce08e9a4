import { expect, it } from 'vitest';
import { barText, sparkline } from '../../../../../src/setup/cli/bars.ts';

it.each([
  [0, '··········   0 %'],
  [0.5, '█████·····  50 %'],
  [0.3125, '███▏······  31 %'],
  [1, '██████████ 100 %'],
  [1.2, '██████████ 120 %'],
])('%d as a bar is %j', (share, bar) => {
  expect(barText(share, 10)).toBe(bar);
});

it('shares in a line rise and fall, with a gap where nothing is known', () => {
  expect(sparkline([0, 0.2, null, 0.5, 0.99, 1])).toBe('▁▂ ▅██');
});
