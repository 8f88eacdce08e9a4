import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GuestScreen, type GuestSituation } from '../../../../renderer/stream/guest-screen.ts';
import type { ScreenWish } from '../../../../src/contract/broker-api.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const dense: GuestSituation = {
  choice: { scaling: 'follow', density: 'even' },
  room: { width: 1000, height: 500 },
  devicePixelRatio: 2,
  hasTakenSize: false,
};
const plain: GuestSituation = { ...dense, devicePixelRatio: 1, hasTakenSize: true };

function open(fits: boolean) {
  const asked: ScreenWish[] = [];
  let fitted = 0;
  const guest = new GuestScreen(async (wish) => {
    asked.push(wish);
    return fits;
  });
  const want = async (situation: GuestSituation) => {
    guest.want(
      () => situation,
      () => {
        fitted += 1;
      },
    );
    await vi.advanceTimersByTimeAsync(500);
  };
  return { guest, asked, want, fitted: () => fitted };
}

describe('a desktop whose system can be told', () => {
  it('gets every pixel of a dense screen once its text is as large as elsewhere', async () => {
    const { guest, asked, want, fitted } = open(true);
    expect(guest.density(dense)).toBe(1);
    await want(dense);
    expect(asked).toEqual([{ width: 2000, height: 1000, percent: 200 }]);
    expect(fitted()).toBe(1);
    expect(guest.density(dense)).toBe(2);
  });

  it('is told of a screen that is not dense, for it may have been on another before', async () => {
    const { asked, want } = open(true);
    await want(plain);
    expect(asked).toEqual([{ width: 1000, height: 500, percent: 100 }]);
  });

  it('is asked again for another size only where the stream did not bring it about', async () => {
    const { asked, want } = open(true);
    await want(plain);
    const room = { width: 800, height: 600 };
    await want({ ...plain, room });
    expect(asked).toHaveLength(1);
    await want({ ...plain, room, hasTakenSize: false });
    expect(asked.at(-1)).toEqual({ width: 800, height: 600, percent: 100 });
  });

  it('keeps its text small where one wants all pixels for it', async () => {
    const { guest, asked, want } = open(true);
    const sharp = { ...dense, choice: { scaling: 'follow', density: 'sharp' } } as const;
    expect(guest.density(sharp)).toBe(2);
    await want(sharp);
    expect(asked).toEqual([{ width: 2000, height: 1000, percent: 100 }]);
  });
});

it('does not ask again on behalf of a connection that is over', async () => {
  const { guest, asked, want } = open(false);
  await want(dense);
  guest.dispose();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(1);
});

describe('a desktop whose system knows nothing of it', () => {
  it('is asked three times, and has a pixel for each of the window’s own', async () => {
    const { guest, asked, want, fitted } = open(false);
    await want(dense);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(60_000);
    await want(dense);
    expect(asked).toHaveLength(3);
    expect(fitted()).toBe(0);
    expect(guest.density(dense)).toBe(1);
  });
});

it('asks nothing where the desktop keeps its size, nor while the window changes', async () => {
  const { guest, asked, want } = open(true);
  await want({ ...dense, choice: { scaling: 'fit', density: 'even' } });
  for (const _ of Array(5)) {
    guest.want(
      () => dense,
      () => undefined,
    );
    await vi.advanceTimersByTimeAsync(400);
  }
  expect(asked).toEqual([]);
  guest.dispose();
  expect(vi.getTimerCount()).toBe(0);
});
