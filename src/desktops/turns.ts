import { availableParallelism } from 'node:os';
import type { Disposable } from '../contract/disposable.ts';

/**
 * Lets so many in at once, and the others in the order in which they came. Many that come to life at
 * once would each take as long as all of them together, and miss their limits of time.
 */
export class Turns {
  #places: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#places = places;
  }

  /** Resolves when it is one's turn; disposing ends it. @throws the signal's reason when aborted before */
  async take(signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#places > 0) this.#places -= 1;
    else await this.#wait(signal);
    let isOver = false;
    return {
      dispose: () => {
        if (!isOver) this.#leave();
        isOver = true;
      },
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(signal.reason);
      };
      const enter = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      this.#waiting.push(enter);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#places += 1;
    else next();
  }
}

/** Of machines that boot, and of those that go on from a memory: these take a moment, and don't wait for those. */
export type LifeTurns = { boots: Turns; restores: Turns };

export function lifeTurns(processors = availableParallelism()): LifeTurns {
  return { boots: new Turns(2 * processors), restores: new Turns(2 * processors) };
}
