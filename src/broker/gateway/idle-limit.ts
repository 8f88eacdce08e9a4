import type { Clock } from '../../contract/clock.ts';
import type { Disposable } from '../../contract/disposable.ts';

export type IdleLimit = Disposable & {
  /** The user did something. */
  active(): void;
  /** It is another one from now on. */
  change(limitMs: number): void;
};

type Deps = { clock: Clock; limitMs: number; onIdle(): void };

/** One timer for the whole time: pushing it back with each key would cost more than the key. */
export function startIdleLimit({ clock, onIdle, ...deps }: Deps): IdleLimit {
  let { limitMs } = deps;
  let activeAt = clock.now();
  let timer = clock.after(limitMs, look);

  function look(): void {
    const left = activeAt + limitMs - clock.now();
    if (left > 0) timer = clock.after(left, look);
    else onIdle();
  }

  return {
    active: () => {
      activeAt = clock.now();
    },
    change: (changed) => {
      if (changed === limitMs) return;
      limitMs = changed;
      timer.dispose();
      look();
    },
    dispose: () => timer.dispose(),
  };
}
