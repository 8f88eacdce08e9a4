import { describe, expect, it } from 'vitest';
import { connectProgress, stepElapsed } from '../../../../renderer/state/connect-progress.ts';
import type { Step } from '../../../../src/contract/session.ts';

function steps(booting: Partial<Step>): Step[] {
  return [
    { name: 'starting-machine', state: 'done', expectedMs: 1_000, elapsedMs: 1_500 },
    { name: 'booting', state: 'active', expectedMs: 8_000, elapsedMs: 0, ...booting },
    { name: 'drawing', state: 'waiting', expectedMs: 1_000, elapsedMs: null },
  ];
}

describe('the way to the first picture', () => {
  it('is unknown while nothing is expected', () => {
    expect(connectProgress([], 0)).toEqual({ fraction: null, remainingMs: null, overdue: false });
    expect(
      connectProgress(
        steps({}).map((step) => ({ ...step, expectedMs: null })),
        0,
      ).fraction,
    ).toBeNull();
  });

  it('counts what is done, what is under way and what is to come', () => {
    expect(connectProgress(steps({ elapsedMs: 4_000 }), 0)).toEqual({
      fraction: (1_000 + 0.45 * 8_000) / 10_000,
      remainingMs: 5_000,
      overdue: false,
    });
  });

  it('goes on between two answers of the broker', () => {
    const told = steps({ elapsedMs: 1_000 });
    expect(connectProgress(told, 3_000)).toEqual(connectProgress(steps({ elapsedMs: 4_000 }), 0));
  });

  it('never goes back and never looks done, however long it takes', () => {
    const told = steps({});
    let before = -1;
    for (let age = 0; age < 100_000; age += 100) {
      const fraction = connectProgress(told, age).fraction ?? 0;
      expect(fraction).toBeGreaterThan(before);
      expect(fraction).toBeLessThan(0.9);
      before = fraction;
    }
  });

  it('says so when a step is late, and is full when all are done', () => {
    expect(connectProgress(steps({}), 9_000)).toMatchObject({ remainingMs: 1_000, overdue: true });
    const done = steps({}).map((step): Step => ({ ...step, state: 'done', elapsedMs: 1 }));
    expect(connectProgress(done, 0)).toEqual({ fraction: 1, remainingMs: 0, overdue: false });
  });

  it('knows how long each step has lasted', () => {
    const [started, booting, drawing] = steps({ elapsedMs: 200 });
    expect([started, booting, drawing].map((step) => step && stepElapsed(step, 50))).toEqual([
      1_500,
      250,
      null,
    ]);
  });
});
