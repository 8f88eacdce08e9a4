import { expect, it, vi } from 'vitest';
import { every } from '../../../../src/broker/every.ts';
import { FakeClock } from '../../../fakes/fake-clock.ts';

it('calls back again and again, until it is let go', () => {
  const clock = new FakeClock();
  const callback = vi.fn();
  const rounds = every(clock, 1_000, callback);
  clock.pass(3_500);
  expect(callback).toHaveBeenCalledTimes(3);
  rounds.dispose();
  clock.pass(10_000);
  expect(callback).toHaveBeenCalledTimes(3);
  expect(clock.pending).toBe(0);
});

it('can be let go by what it calls', () => {
  const clock = new FakeClock();
  const callback = vi.fn((): void => rounds.dispose());
  const rounds = every(clock, 1_000, callback);
  clock.pass(10_000);
  expect(callback).toHaveBeenCalledTimes(1);
  expect(clock.pending).toBe(0);
});
