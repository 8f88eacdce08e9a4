import type { Clock } from '../../contract/clock.ts';

/**
 * Remembers, for a time, what somebody has used, to refuse it when it comes again. Bounded: when
 * full of what is not due yet, it takes no more, because forgetting something would let it be
 * replayed; and it takes so much from each alone, so that nobody fills it for the others.
 */
export type ReplayCache = {
  /** True the first time; false when it is known, or when there is no room. */
  admit(owner: string, item: string): boolean;
};

type Limits = { lifetimeMs: number; altogether: number; each: number };

export function createReplayCache(
  clock: Clock,
  { lifetimeMs, altogether, each }: Limits,
): ReplayCache {
  // In order of insertion, and so of expiry: everything lives equally long.
  const entries = new Map<string, { owner: string; expiry: number }>();
  const counts = new Map<string, number>();

  function forgetExpired(now: number): void {
    for (const [key, { owner, expiry }] of entries) {
      if (expiry > now) return;
      entries.delete(key);
      const left = (counts.get(owner) ?? 1) - 1;
      if (left === 0) counts.delete(owner);
      else counts.set(owner, left);
    }
  }

  return {
    admit: (owner, item) => {
      const now = clock.now();
      forgetExpired(now);
      const key = `${owner}.${item}`;
      const own = counts.get(owner) ?? 0;
      if (entries.has(key) || own >= each || entries.size >= altogether) return false;
      entries.set(key, { owner, expiry: now + lifetimeMs });
      counts.set(owner, own + 1);
      return true;
    },
  };
}
