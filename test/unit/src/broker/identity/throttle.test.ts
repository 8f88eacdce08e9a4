import { describe, expect, it } from 'vitest';
import { createThrottle } from '../../../../../src/broker/identity/throttle.ts';
import { CodedError } from '../../../../../src/contract/errors.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';

const limits = { free: 2, firstDelayMs: 1_000, longestDelayMs: 8_000, forgetOneMs: 600_000 };

function start() {
  const clock = new FakeClock();
  return { clock, throttle: createThrottle(clock, 'sign-in-throttled', limits) };
}

/** Seconds that a try has to wait; 0 when it may go ahead, which counts as a failure. */
function waitOf(throttle: ReturnType<typeof start>['throttle'], key = 'key'): number {
  try {
    throttle.begin(key);
    return 0;
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return error.retryAfterSeconds ?? Number.NaN;
  }
}

describe('a throttle', () => {
  it('lets some failures pass, then doubles the wait up to a limit', () => {
    const { clock, throttle } = start();
    const waits: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      const wait = waitOf(throttle);
      if (wait > 0) {
        waits.push(wait);
        clock.pass(wait * 1000);
        waitOf(throttle);
      }
    }
    expect(waits).toEqual([1, 2, 4, 8, 8]);
  });

  it('does not count tries that it refused', () => {
    const { clock, throttle } = start();
    for (let round = 0; round < 100; round += 1) waitOf(throttle);
    expect(waitOf(throttle)).toBe(1);
    clock.pass(1_000);
    expect(waitOf(throttle)).toBe(0);
  });

  it('counts tries that run at the same time', () => {
    const { throttle } = start();
    expect(Array.from({ length: 5 }, () => waitOf(throttle))).toEqual([0, 0, 0, 1, 1]);
  });

  it('counts each key for itself', () => {
    const { throttle } = start();
    for (let round = 0; round < 5; round += 1) waitOf(throttle, 'attacker');
    expect(waitOf(throttle, 'user')).toBe(0);
  });

  it('forgets on success, and one failure after the other with time', () => {
    const { clock, throttle } = start();
    waitOf(throttle);
    waitOf(throttle);
    throttle.begin('key').forgive();
    expect([waitOf(throttle), waitOf(throttle), waitOf(throttle)]).toEqual([0, 0, 0]);
    clock.pass(limits.forgetOneMs);
    // Of three failures one is forgotten: the next is the third again.
    expect([waitOf(throttle), waitOf(throttle)]).toEqual([0, 1]);
    clock.pass(3 * limits.forgetOneMs);
    expect([waitOf(throttle), waitOf(throttle), waitOf(throttle)]).toEqual([0, 0, 0]);
  });

  it('takes back a single try, and no more', () => {
    const { throttle } = start();
    waitOf(throttle);
    waitOf(throttle);
    throttle.begin('key').takeBack();
    expect([waitOf(throttle), waitOf(throttle)]).toEqual([0, 1]);
  });

  it('makes nobody wait for a try that was taken back, at any count', () => {
    const { clock, throttle } = start();
    for (let round = 0; round < 4; round += 1) {
      clock.pass(8_000);
      waitOf(throttle);
    }
    clock.pass(8_000);
    throttle.begin('key').takeBack();
    expect(waitOf(throttle)).toBe(0);
    expect(waitOf(throttle)).toBe(4);
  });

  it('keeps the wait that another try brought about meanwhile', () => {
    const { throttle } = start();
    const right = throttle.begin('key');
    waitOf(throttle);
    waitOf(throttle);
    right.takeBack();
    expect(waitOf(throttle)).toBe(1);
  });
});
