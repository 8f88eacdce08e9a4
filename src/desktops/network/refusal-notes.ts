import type { Clock } from '../../contract/clock.ts';

/** A guest may ask a thousand times a second; once a minute for each destination is enough to know. */
const windowMs = 60_000;
const destinationsAtMost = 100;

/** Keeps what is refused from flooding logs. */
export class RefusalNotes {
  readonly #clock: Clock;
  readonly #noted = new Set<string>();
  #windowEnds = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether this refusal is news. */
  isNews(destination: string): boolean {
    const now = this.#clock.now();
    if (now >= this.#windowEnds) {
      this.#noted.clear();
      this.#windowEnds = now + windowMs;
    }
    if (this.#noted.has(destination) || this.#noted.size >= destinationsAtMost) return false;
    this.#noted.add(destination);
    return true;
  }
}
