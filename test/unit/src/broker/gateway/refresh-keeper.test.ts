import { beforeEach, describe, expect, it } from 'vitest';
import {
  createRefreshKeeper,
  type RefreshKeeper,
  wakeEveryMs,
  wakeForMs,
} from '../../../../../src/broker/gateway/refresh-keeper.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';

/** As QEMU has it (ui/vnc.c): from one look at the screen to the next, and the rest after nothing new. */
const lookMs = 30;
const moreMs = 50;

let clock: FakeClock;
let wakes: number[];
let keeper: RefreshKeeper;
beforeEach(() => {
  clock = new FakeClock();
  wakes = [];
  keeper = createRefreshKeeper({ clock, wake: () => wakes.push(clock.now()) });
});

describe('what keeps QEMU looking at the screen', () => {
  it('comes between any two of its looks, for a while after each input', () => {
    expect(wakeEveryMs).toBeLessThan(lookMs);
    const began = clock.now();
    keeper.input();
    clock.pass(100);
    keeper.input();
    clock.pass(2 * wakeForMs);
    const last = (wakes.at(-1) ?? 0) - began;
    expect(last).toBeGreaterThan(100 + wakeForMs - wakeEveryMs);
    expect(last).toBeLessThanOrEqual(100 + wakeForMs);
    expect(wakes).toHaveLength(Math.floor((100 + wakeForMs) / wakeEveryMs));
    expect(clock.pending).toBe(0);
  });

  it('ends with the stream', () => {
    keeper.input();
    keeper.dispose();
    clock.pass(wakeForMs);
    expect(wakes).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it.each([5, 25, 35, 60, 90])(
    'shows what a guest draws within %i ms one look later',
    (drawsMs) => {
      const phases = Array.from({ length: 30 }, (_, index) => 7 * index);
      const kept = phases.map((sinceLook) => shownAfter(drawsMs, sinceLook, true));
      const alone = phases.map((sinceLook) => shownAfter(drawsMs, sinceLook, false));
      expect(Math.max(...kept)).toBeLessThanOrEqual(drawsMs + lookMs);
      expect(Math.max(...alone)).toBeGreaterThan(drawsMs + lookMs);
    },
  );
});

/**
 * Plays QEMU, which gets a key that long after its last look at the screen. Gives the milliseconds
 * until it sees what the guest draws.
 */
function shownAfter(drawsMs: number, sinceLook: number, isKept: boolean): number {
  const time = new FakeClock();
  const pressed = time.now();
  let lastLook = pressed - sinceLook;
  let interval = 3_000;
  const input = () => {
    interval = Math.min(interval, lookMs);
  };
  const kept = createRefreshKeeper({ clock: time, wake: input });
  input();
  if (isKept) kept.input();
  for (;;) {
    const now = time.now();
    if (now >= lastLook + interval) {
      if (now - pressed >= drawsMs) break;
      lastLook = now;
      interval += moreMs;
    }
    time.pass(1);
  }
  kept.dispose();
  return time.now() - pressed;
}
