import type { Clock } from '../../src/contract/clock.ts';
import type { Disposable } from '../../src/contract/disposable.ts';

/** Time that stands still until a test lets it pass. */
export class FakeClock implements Clock {
  #now: number;
  readonly #timers = new Set<{ at: number; callback: () => void }>();

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): Disposable {
    const timer = { at: this.#now + ms, callback };
    this.#timers.add(timer);
    return { dispose: () => void this.#timers.delete(timer) };
  }

  /** How many callbacks are still to come. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Nothing that was waiting is called back any more, as after the death of a process. */
  stopTimers(): void {
    this.#timers.clear();
  }

  /** Lets time pass, and calls back whatever comes due on the way, in order. */
  pass(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    this.#now = end;
  }

  #next(end: number) {
    return [...this.#timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
  }
}
