import type { Clock } from '../../contract/clock.ts';

/**
 * Remembers keys for a time, to refuse them when they come again. Bounded: when full of keys that
 * are not due yet, it takes no more, because forgetting one would let it be replayed.
 */
export type ReplayCache = {
  /** True the first time; false when the key is known, or when there is no room. */
  admit(key: string): boolean;
};

export function createReplayCache(clock: Clock, lifetimeMs: number, capacity: number): ReplayCache {
  // In order of insertion, and so of expiry: every key lives equally long.
  const expiries = new Map<string, number>();

  function forgetExpired(now: number): void {
    for (const [key, expiry] of expiries) {
      if (expiry > now) return;
      expiries.delete(key);
    }
  }

  return {
    admit: (key) => {
      const now = clock.now();
      forgetExpired(now);
      if (expiries.has(key) || expiries.size >= capacity) return false;
      expiries.set(key, now + lifetimeMs);
      return true;
    },
  };
}
