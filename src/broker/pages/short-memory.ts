import type { Clock } from '../../contract/clock.ts';

/** Keeps what is under way for some minutes, on the broker alone; the oldest make room. */
export type ShortMemory<Value> = {
  get(key: string): Value | null;
  set(key: string, value: Value): void;
  /** What was there, for this once. */
  take(key: string): Value | null;
};

const capacity = 10_000;

export function createShortMemory<Value>(clock: Clock, lifetimeMs: number): ShortMemory<Value> {
  const entries = new Map<string, { value: Value; until: number }>();

  function get(key: string): Value | null {
    const entry = entries.get(key);
    return entry === undefined || entry.until <= clock.now() ? null : entry.value;
  }

  /** All live equally long, so the first in the order of writing are the first to go. */
  function makeRoom(): void {
    for (const [key, { until }] of entries) {
      if (until > clock.now() && entries.size < capacity) return;
      entries.delete(key);
    }
  }

  return {
    get,
    set: (key, value) => {
      entries.delete(key);
      makeRoom();
      entries.set(key, { value, until: clock.now() + lifetimeMs });
    },
    take: (key) => {
      const value = get(key);
      entries.delete(key);
      return value;
    },
  };
}
