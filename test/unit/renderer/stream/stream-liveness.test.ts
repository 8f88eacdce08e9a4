import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StreamLiveness } from '../../../../renderer/stream/stream-liveness.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function watch() {
  const seen: string[] = [];
  const liveness = new StreamLiveness({
    probe: () => seen.push('probe'),
    onStale: (stale) => seen.push(stale ? 'stale' : 'fresh'),
    onLost: () => seen.push('lost'),
  });
  return { liveness, seen };
}

describe('the liveness of a stream', () => {
  it('asks after a silence, doubts without an answer, and then gives up', () => {
    const { seen } = watch();
    vi.advanceTimersByTime(2_400);
    expect(seen).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(seen).toEqual(['probe']);
    vi.advanceTimersByTime(1_000);
    expect(seen).toEqual(['probe', 'stale']);
    vi.advanceTimersByTime(2_000);
    expect(seen).toEqual(['probe', 'stale', 'lost']);
  });

  it('says nothing more once the stream is lost', () => {
    const { liveness, seen } = watch();
    vi.advanceTimersByTime(60_000);
    expect(seen).toEqual(['probe', 'stale', 'lost']);
    liveness.dispose();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves a stream alone that says something now and then', () => {
    const { liveness, seen } = watch();
    for (const _ of Array(100)) {
      vi.advanceTimersByTime(2_200);
      liveness.received();
    }
    expect(seen).toEqual([]);
  });

  it('asks again in each silence of a desktop that stands still', () => {
    const { liveness, seen } = watch();
    for (const _ of Array(3)) {
      vi.advanceTimersByTime(2_500);
      liveness.received();
    }
    expect(seen).toEqual(['probe', 'probe', 'probe']);
  });

  it('takes the doubt back when a late answer comes', () => {
    const { liveness, seen } = watch();
    vi.advanceTimersByTime(5_400);
    liveness.received();
    liveness.received();
    vi.advanceTimersByTime(2_200);
    expect(seen).toEqual(['probe', 'stale', 'fresh']);
  });

  it('does not condemn a link because the page slept: one late tick is one tick', () => {
    const { seen } = watch();
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersToNextTimer();
    expect(seen).toEqual([]);
  });

  it('stops when it is disposed of', () => {
    const { liveness, seen } = watch();
    liveness.dispose();
    vi.advanceTimersByTime(60_000);
    expect(seen).toEqual([]);
  });
});
