import type { Clock } from '../../contract/clock.ts';
import { CodedError, type ErrorCode } from '../../contract/errors.ts';

export type ThrottleLimits = {
  /** Failures that cost nothing. */
  free: number;
  /** The wait after the next one; it doubles with each. */
  firstDelayMs: number;
  longestDelayMs: number;
  /** One failure is forgotten in each such time. */
  forgetOneMs: number;
};

/** A try that counts as failed until it is said to have succeeded, so that many at once count. */
export type Attempt = {
  /** It was right: forgets what was counted against the key. */
  forgive(): void;
  /** It was right, but that says nothing of the others: takes back this one alone. */
  takeBack(): void;
};

export type Throttle = {
  /** @throws the throttle's code, with the time to wait, when the key has failed too often. */
  begin(key: string): Attempt;
};

/** `failures` is what was left of them at `at`, as a fraction. */
type Count = { failures: number; at: number; blockedUntil: number };

const capacity = 50_000;

/** Slows guessing down exponentially, each key for itself. */
export function createThrottle(clock: Clock, code: ErrorCode, limits: ThrottleLimits): Throttle {
  const counts = new Map<string, Count>();

  function delayAfter(failures: number): number {
    const excess = Math.ceil(failures) - limits.free;
    if (excess <= 0) return 0;
    return Math.min(limits.firstDelayMs * 2 ** (excess - 1), limits.longestDelayMs);
  }

  function current(key: string): Count {
    const now = clock.now();
    const found = counts.get(key) ?? { failures: 0, at: now, blockedUntil: 0 };
    const forgotten = (now - found.at) / limits.forgetOneMs;
    return { ...found, failures: Math.max(0, found.failures - forgotten), at: now };
  }

  function keep(key: string, count: Count): void {
    // Re-inserted at the end, so that the first key is always the one left alone for longest.
    counts.delete(key);
    if (count.failures > 0) counts.set(key, count);
    const [oldest] = counts.keys();
    if (counts.size > capacity && oldest !== undefined) counts.delete(oldest);
  }

  return {
    begin: (key) => {
      const before = current(key);
      const now = clock.now();
      const waitMs = before.blockedUntil - now;
      if (waitMs > 0) {
        throw new CodedError(code, { retryAfterSeconds: Math.ceil(waitMs / 1000) });
      }
      const failures = before.failures + 1;
      const blockedUntil = now + delayAfter(failures);
      keep(key, { failures, at: now, blockedUntil });
      return {
        forgive: () => void counts.delete(key),
        takeBack: () => {
          const since = current(key);
          // A wait that this try alone has brought about goes with it; another's stays.
          const own = since.blockedUntil === blockedUntil;
          keep(key, {
            ...since,
            failures: Math.max(0, since.failures - 1),
            blockedUntil: own ? before.blockedUntil : since.blockedUntil,
          });
        },
      };
    },
  };
}
