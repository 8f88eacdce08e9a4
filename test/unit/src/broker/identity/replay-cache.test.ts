import { expect, it } from 'vitest';
import { createReplayCache } from '../../../../../src/broker/identity/replay-cache.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';

it('admits a key once in its lifetime', () => {
  const clock = new FakeClock();
  const cache = createReplayCache(clock, 1_000, 10);
  expect(cache.admit('a')).toBe(true);
  expect(cache.admit('a')).toBe(false);
  clock.pass(999);
  expect(cache.admit('a')).toBe(false);
  clock.pass(1);
  expect(cache.admit('a')).toBe(true);
});

it('admits nothing when full, rather than forget what could be replayed', () => {
  const clock = new FakeClock();
  const cache = createReplayCache(clock, 1_000, 2);
  expect([cache.admit('a'), cache.admit('b'), cache.admit('c')]).toEqual([true, true, false]);
  expect(cache.admit('a')).toBe(false);
  clock.pass(1_000);
  expect(cache.admit('c')).toBe(true);
});
