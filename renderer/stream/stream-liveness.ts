import type { Disposable } from '../../src/contract/disposable.ts';

export type LivenessDeps = {
  /** Asks the other end for something that it answers at once. */
  probe(): void;
  /** Told at each change: whether the answer is overdue, so that the picture may be an old one. */
  onStale(stale: boolean): void;
  /** Nothing came for so long that the link must be gone. Called at most once, and last. */
  onLost(): void;
};

const tickMs = 250;
/** Milliseconds of silence after which each thing is done. */
const probeAtMs = 2_500;
const staleAtMs = probeAtMs + 1_000;
const lostAtMs = probeAtMs + 3_000;

/**
 * Notices a link that is cut without a word: no packet says so, and a page never sees the pings of
 * its WebSocket, so a still desktop and a lost one look the same until somebody asks.
 *
 * Silence is counted in ticks and not read from a clock. A page that was held up or asleep finds
 * what arrived meanwhile in its queue, and a late tick must not condemn the link before it is read.
 */
export class StreamLiveness implements Disposable {
  readonly #deps: LivenessDeps;
  readonly #ticking: ReturnType<typeof setInterval>;
  #silentMs = 0;
  #stale = false;

  constructor(deps: LivenessDeps) {
    this.#deps = deps;
    this.#ticking = setInterval(() => this.#tick(), tickMs);
  }

  received(): void {
    this.#silentMs = 0;
    this.#setStale(false);
  }

  dispose(): void {
    clearInterval(this.#ticking);
  }

  #tick(): void {
    this.#silentMs += tickMs;
    if (this.#silentMs === probeAtMs) this.#deps.probe();
    if (this.#silentMs === staleAtMs) this.#setStale(true);
    if (this.#silentMs === lostAtMs) {
      this.dispose();
      this.#deps.onLost();
    }
  }

  #setStale(stale: boolean): void {
    if (this.#stale === stale) return;
    this.#stale = stale;
    this.#deps.onStale(stale);
  }
}
