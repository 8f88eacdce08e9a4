import { CodedError, type ErrorCode } from '../../contract/errors.ts';
import type { Clock } from '../../desktops/clock.ts';

export type ThrottleLimits = {
  /** Failures in a row that cost nothing. */
  free: number;
  /** The wait after the next one; it doubles with each. */
  firstDelayMs: number;
  longestDelayMs: number;
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

type Count = { failures: number; blockedUntil: number };

const capacity = 50_000;
/** A key that was left alone for this long beyond its delay begins anew. */
const forgetAfterMs = 60 * 60 * 1000;

/** Slows guessing down exponentially, each key for itself. */
export function createThrottle(clock: Clock, code: ErrorCode, limits: ThrottleLimits): Throttle {
  const counts = new Map<string, Count>();

  function delayAfter(failures: number): number {
    const excess = failures - limits.free;
    if (excess <= 0) return 0;
    return Math.min(limits.firstDelayMs * 2 ** (excess - 1), limits.longestDelayMs);
  }

  function count(key: string, failures: number): void {
    // Re-inserted at the end, so that the first key is always the one left alone for longest.
    counts.delete(key);
    if (failures > 0) {
      counts.set(key, { failures, blockedUntil: clock.now() + delayAfter(failures) });
    }
    const [oldest] = counts.keys();
    if (counts.size > capacity && oldest !== undefined) counts.delete(oldest);
  }

  function current(key: string): Count {
    const found = counts.get(key);
    const stale = found === undefined || found.blockedUntil + forgetAfterMs < clock.now();
    return stale ? { failures: 0, blockedUntil: 0 } : found;
  }

  return {
    begin: (key) => {
      const { failures, blockedUntil } = current(key);
      const waitMs = blockedUntil - clock.now();
      if (waitMs > 0) {
        throw new CodedError(code, { retryAfterSeconds: Math.ceil(waitMs / 1000) });
      }
      count(key, failures + 1);
      return {
        forgive: () => void counts.delete(key),
        takeBack: () => count(key, current(key).failures - 1),
      };
    },
  };
}
