import type { Clock } from '../contract/clock.ts';
import type { Disposable } from '../contract/disposable.ts';

/** Calls back each `ms` until disposed of; a round is timed from the end of the one before. */
export function every(clock: Clock, ms: number, callback: () => void): Disposable {
  let disposed = false;
  let timer = clock.after(ms, round);
  function round(): void {
    callback();
    if (!disposed) timer = clock.after(ms, round);
  }
  return {
    dispose: () => {
      disposed = true;
      timer.dispose();
    },
  };
}
