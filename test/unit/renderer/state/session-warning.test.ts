import { describe, expect, it } from 'vitest';
import {
  isLockDue,
  type SessionLimits,
  warningAt,
} from '../../../../renderer/state/session-warning.ts';

const minute = 60_000;
const start = Date.UTC(2026, 0, 1, 8);
const limits: SessionLimits = {
  expiresAt: start + 600 * minute,
  idleLockMinutes: null,
  idleSeconds: 1_800,
};

describe('a warning', () => {
  it('comes of nothing that is far off', () => {
    expect(warningAt(start, start, limits)).toBeNull();
    expect(warningAt(start + 28 * minute, start, limits)).toBeNull();
  });

  it('comes a minute before the broker closes the stream, and goes with the next input', () => {
    const now = start + 29 * minute;
    const at = start + 30 * minute;
    expect(warningAt(now, start, limits)).toEqual({ kind: 'disconnects', at, stage: 0 });
    expect(warningAt(now, now, limits)).toBeNull();
  });

  it('of a stream is none where there is no stream', () => {
    expect(warningAt(start + 29 * minute, start, { ...limits, idleSeconds: null })).toBeNull();
  });

  it('says what comes first', () => {
    const both = { ...limits, idleLockMinutes: 29 };
    expect(warningAt(start + 29 * minute, start, both)?.kind).toBe('locks');
    const soonOver = { ...limits, expiresAt: start + 29.5 * minute };
    expect(warningAt(start + 29 * minute, start, soonOver)?.kind).toBe('ends');
  });

  it('leaves half of a short time alone', () => {
    const short = { ...limits, idleLockMinutes: 1 };
    expect(warningAt(start + 29_999, start, short)).toBeNull();
    expect(warningAt(start + 30_000, start, short)?.kind).toBe('locks');
  });

  it.each([
    [15.1, undefined],
    [15, 15],
    [5.1, 15],
    [5, 5],
    [1.1, 5],
    [1, 1],
    [0, 1],
    [-1, undefined],
  ])('of the end is at its stage %d minutes before', (left, stage) => {
    const now = limits.expiresAt - left * minute;
    expect(warningAt(now, now, limits)?.stage).toBe(stage);
  });
});

describe('the lock', () => {
  it('is due when the time without input is over, and not before', () => {
    const five = { ...limits, idleLockMinutes: 5 };
    expect(isLockDue(start + 5 * minute - 1, start, five)).toBe(false);
    expect(isLockDue(start + 5 * minute, start, five)).toBe(true);
    expect(isLockDue(start + 500 * minute, start, limits)).toBe(false);
  });
});
