import type { Disposable } from '../contract/disposable.ts';

/** Time as a dependency, so that tests own it. */
export type Clock = {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once, `ms` from now, unless disposed of before. */
  after(ms: number, callback: () => void): Disposable;
};

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return { dispose: () => clearTimeout(timer) };
  },
};
