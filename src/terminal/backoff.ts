const firstMs = 500;
const usuallyLongestMs = 15_000;

/**
 * Milliseconds to wait before the next try, after `attempt` failed ones (1 or more): exponential,
 * with full jitter in the upper half so that the terminals of a restarted broker come back spread
 * out rather than all at once.
 *
 * @param random a number in [0, 1)
 */
export function backoffMs(attempt: number, random: number, longestMs = usuallyLongestMs): number {
  const ceiling = Math.min(longestMs, firstMs * 2 ** Math.min(attempt - 1, 20));
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}
