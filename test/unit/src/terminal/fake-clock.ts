import type { Clock } from '../../../../src/terminal/clock.ts';

/** A clock that stands still until a test moves it. */
export class FakeClock implements Clock {
  #now = 1_000_000;
  #timers = new Map<object, { at: number; callback: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void) {
    const key = {};
    this.#timers.set(key, { at: this.#now + ms, callback });
    return { dispose: () => void this.#timers.delete(key) };
  }

  get waiting(): number {
    return this.#timers.size;
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const [key, { at, callback }] of [...this.#timers]) {
      if (at > this.#now) continue;
      this.#timers.delete(key);
      callback();
    }
  }
}
