import { describe, expect, it } from 'vitest';
import {
  layOut,
  type ScreenSituation,
  wantedSize,
} from '../../../../renderer/stream/screen-layout.ts';

const situation: ScreenSituation = {
  scaling: 'follow',
  guest: { width: 1000, height: 500 },
  room: { width: 1000, height: 500 },
  devicePixelRatio: 1,
  density: 1,
};

describe('a desktop that follows the window', () => {
  it('has a pixel for each of the screen, also where their number is broken', () => {
    const room = { width: 1001, height: 501 };
    expect(wantedSize({ room, density: 1.5 })).toEqual({ width: 1501, height: 751 });
    const guest = { width: 1501, height: 751 };
    const shown = layOut({ ...situation, room, guest, devicePixelRatio: 1.5, density: 1.5 });
    expect(shown.scale).toBe(1 / 1.5);
  });

  it('is not blurred for a few pixels that it has less', () => {
    const guest = { width: 992, height: 496 };
    expect(layOut({ ...situation, guest }).scale).toBe(1);
  });

  it('is scaled when it keeps another size', () => {
    const guest = { width: 500, height: 500 };
    expect(layOut({ ...situation, guest }).scale).toBe(1);
    expect(layOut({ ...situation, guest: { width: 400, height: 200 } }).scale).toBe(2.5);
    expect(layOut({ ...situation, guest: { width: 2000, height: 500 } }).scale).toBe(0.5);
  });
});

describe('whole multiples', () => {
  const multiples = { ...situation, scaling: 'multiples' } as const;

  it('are the largest that fits, in pixels of the screen', () => {
    const guest = { width: 300, height: 200 };
    expect(layOut({ ...multiples, guest })).toEqual({ scale: 2, isPixelated: true });
    expect(layOut({ ...multiples, guest, devicePixelRatio: 2 }).scale).toBe(2.5);
  });

  it('give way where not even one fits', () => {
    const guest = { width: 2000, height: 500 };
    expect(layOut({ ...multiples, guest })).toEqual({ scale: 0.5, isPixelated: false });
  });
});

it('shows each pixel as one of the screen, when asked for the actual size', () => {
  const guest = { width: 4000, height: 4000 };
  const shown = layOut({ ...situation, scaling: 'actual', guest, devicePixelRatio: 2 });
  expect(shown.scale).toBe(0.5);
});

it('shows nothing of a desktop without a size, or in no room', () => {
  const nothing = { width: 0, height: 0 };
  for (const scaling of ['follow', 'fit', 'multiples'] as const) {
    expect(layOut({ ...situation, scaling, guest: nothing }).scale).toBe(0);
  }
  expect(layOut({ ...situation, scaling: 'fit', room: nothing }).scale).toBe(0);
});
