import type { Clock } from '../../contract/clock.ts';
import type { Disposable } from '../../contract/disposable.ts';
import { every } from '../every.ts';

/**
 * Has QEMU look at the guest's screen every 30 ms for a while after each input. By itself it looks
 * once, most often before the guest has drawn anything, and after a look that finds nothing new it
 * waits for 50 ms more each time (ui/vnc.c, vnc_refresh). The answer to a key then waits for 80 ms,
 * and how often that happens depends on the round trip, which sets where between two looks a key
 * arrives. Any input has QEMU look 30 ms after its last look (protocol_client_msg), also one that
 * means nothing to the guest.
 */
export type RefreshKeeper = Disposable & {
  /** The guest was sent something that it will probably answer. */
  input(): void;
};

type Deps = {
  clock: Clock;
  /** Sends an input that means nothing. */
  wake(): void;
};

/** One falls between any two of QEMU's looks. */
export const wakeEveryMs = 25;

/** What takes a guest longer to draw is not noticed by 50 ms more. */
export const wakeForMs = 250;

export function createRefreshKeeper({ clock, wake }: Deps): RefreshKeeper {
  let until = 0;
  let waking: Disposable | null = null;

  function round(): void {
    if (clock.now() > until) rest();
    else wake();
  }

  function rest(): void {
    waking?.dispose();
    waking = null;
  }

  return {
    input: () => {
      until = clock.now() + wakeForMs;
      waking ??= every(clock, wakeEveryMs, round);
    },
    dispose: rest,
  };
}
