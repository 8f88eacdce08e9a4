import { describe, expect, it } from 'vitest';
import { createReplayCache } from '../../../../../src/broker/identity/replay-cache.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';

const limits = { lifetimeMs: 1_000, altogether: 3, each: 2 };

describe('what was used', () => {
  it('is refused while it is remembered', () => {
    const clock = new FakeClock();
    const cache = createReplayCache(clock, limits);
    expect(cache.admit('ada', 'one')).toBe(true);
    expect(cache.admit('ada', 'one')).toBe(false);
    expect(cache.admit('bob', 'one')).toBe(true);
    clock.pass(1_000);
    expect(cache.admit('ada', 'one')).toBe(true);
  });

  it('never makes room by forgetting', () => {
    const clock = new FakeClock();
    const cache = createReplayCache(clock, limits);
    expect(['ada', 'bob', 'eve'].map((owner) => cache.admit(owner, 'one'))).toEqual([
      true,
      true,
      true,
    ]);
    expect(cache.admit('joe', 'one')).toBe(false);
    expect(cache.admit('ada', 'one')).toBe(false);
    clock.pass(1_000);
    expect(cache.admit('joe', 'one')).toBe(true);
  });

  it('fills no more than the share of one, who has it again in time', () => {
    const clock = new FakeClock();
    const cache = createReplayCache(clock, limits);
    expect(['one', 'two', 'three'].map((item) => cache.admit('ada', item))).toEqual([
      true,
      true,
      false,
    ]);
    expect(cache.admit('bob', 'one')).toBe(true);
    clock.pass(1_000);
    expect(cache.admit('ada', 'three')).toBe(true);
  });
});
