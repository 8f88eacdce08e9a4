import type { Disposable } from './disposable.ts';

/** Time, passed in so that tests own it. Milliseconds throughout. */
export type Clock = {
  /** Since the epoch. */
  now(): number;
  /** Calls back once; disposing before then cancels. */
  after(milliseconds: number, callback: () => void): Disposable;
};

export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return { dispose: () => clearTimeout(timer) };
  },
};

/** Resolves after the time given. @throws the signal's reason when it is aborted before. */
export function pause(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      timer.dispose();
      reject(signal?.reason);
    };
    const timer = clock.after(milliseconds, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
