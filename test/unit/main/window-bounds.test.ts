import { expect, it } from 'vitest';
import { boundsToOpen, defaultSize } from '../../../main/window-bounds.ts';

const screen = { x: 0, y: 0, width: 1366, height: 728 };
const second = { x: 1366, y: 0, width: 1920, height: 1080 };
const at = (x: number, y: number, width = 900, height = 600) => ({
  x,
  y,
  width,
  height,
  maximized: false,
});

it('has a size before anything was remembered', () => {
  expect(boundsToOpen(null, [screen])).toEqual(defaultSize);
});

it.each([
  ['where it was', at(100, 50), [screen]],
  ['on the second screen', at(1500, 50), [screen, second]],
  ['hanging over the right edge', at(1200, 50), [screen]],
  ['hanging over the left edge', at(-700, 50), [screen]],
])('opens %s', (_where, remembered, screens) => {
  const { x, y, width, height } = remembered;
  expect(boundsToOpen(remembered, screens)).toEqual({ x, y, width, height });
});

it.each([
  ['its screen is gone', at(1500, 50), [screen]],
  ['too little of it shows', at(1300, 50), [screen]],
  ['its top edge is out of reach', at(100, -50), [screen]],
  ['it is below the screen', at(100, 700), [screen]],
  ['there is no screen at all', at(100, 50), []],
])('keeps only the size when %s', (_why, remembered, screens) => {
  expect(boundsToOpen(remembered, screens)).toEqual({ width: 900, height: 600 });
});

it('is never too small to be used', () => {
  expect(boundsToOpen(at(0, 0, 1, 1), [screen])).toMatchObject({ width: 640, height: 480 });
});
