import { expect, it, vi } from 'vitest';
import { startIdleLimit } from '../../../../../src/broker/gateway/idle-limit.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';

it('is reached once, its full time after the last activity', () => {
  const clock = new FakeClock();
  const onIdle = vi.fn();
  const limit = startIdleLimit({ clock, limitMs: 1_000, onIdle });
  clock.pass(900);
  limit.active();
  clock.pass(999);
  expect(onIdle).not.toHaveBeenCalled();
  clock.pass(1);
  expect(onIdle).toHaveBeenCalledTimes(1);
  clock.pass(10_000);
  expect(onIdle).toHaveBeenCalledTimes(1);
});

it('may change while it runs', () => {
  const clock = new FakeClock();
  const onIdle = vi.fn();
  const limit = startIdleLimit({ clock, limitMs: 10_000, onIdle });
  clock.pass(1_000);
  limit.change(3_000);
  clock.pass(1_999);
  expect(onIdle).not.toHaveBeenCalled();
  limit.change(5_000);
  clock.pass(1_000);
  expect(onIdle).not.toHaveBeenCalled();
  limit.change(1_000);
  expect(onIdle).toHaveBeenCalledTimes(1);
});

it('is not reached after it was let go', () => {
  const clock = new FakeClock();
  const onIdle = vi.fn();
  startIdleLimit({ clock, limitMs: 1_000, onIdle }).dispose();
  clock.pass(10_000);
  expect(onIdle).not.toHaveBeenCalled();
});
