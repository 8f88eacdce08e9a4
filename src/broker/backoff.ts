const longestWaitMs = 60_000;
/** After this long without a fault, those before are forgotten. */
const soundAfterMs = 5 * 60_000;

/** How long to wait before each new try. Times in milliseconds. */
export type Backoff = {
  /** It runs from now on. */
  up(now: number): void;
  /** It has ended; how long to wait. From one second on, doubling. */
  next(now: number): number;
};

export function createBackoff(): Backoff {
  let tries = 0;
  let upSince: number | null = null;
  return {
    up: (now) => {
      upSince = now;
    },
    next: (now) => {
      if (upSince !== null && now - upSince >= soundAfterMs) tries = 0;
      upSince = null;
      const wait = Math.min(longestWaitMs, 1000 * 2 ** tries);
      tries += 1;
      return wait;
    },
  };
}
