import type { Clock } from '../../contract/clock.ts';

/** Until when something may take, and what it is called when it takes longer. */
export type Limits = {
  clock: Clock;
  signal: AbortSignal;
  timeoutMs: number;
  late: () => Error;
};

/**
 * The result of the work, whose signal is aborted when it is waited for no more: when the time is
 * over, the caller's signal is aborted, or `loss` rejects. @throws the reason
 */
export async function within<T>(
  loss: Promise<never>,
  { clock, signal, timeoutMs, late }: Limits,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const timer = clock.after(timeoutMs, () => over.abort(late()));
  loss.catch((reason: unknown) => over.abort(reason));
  const limit = AbortSignal.any([signal, over.signal]);
  try {
    return await Promise.race([work(limit), aborted(limit)]);
  } finally {
    timer.dispose();
    // Work that lost the race stops as well.
    over.abort();
  }
}

/** Never resolves. @throws the signal's reason */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
