import type { Clock } from '../../contract/clock.ts';
import type { Disposable } from '../../contract/disposable.ts';
import { every } from '../every.ts';

export type Heartbeat = Disposable & {
  /** The peer was heard. */
  heard(): void;
};

type Deps = { clock: Clock; ping(): void; onSilence(): void };

const pingEveryMs = 10_000;
const silentRounds = 2;

/** Pings a peer every 10 s, and gives it up when two rounds pass without a word from it. */
export function startHeartbeat({ clock, ping, onSilence }: Deps): Heartbeat {
  let rounds = 0;
  const beats = every(clock, pingEveryMs, () => {
    rounds += 1;
    if (rounds > silentRounds) onSilence();
    else ping();
  });
  return {
    heard: () => {
      rounds = 0;
    },
    dispose: () => beats.dispose(),
  };
}
