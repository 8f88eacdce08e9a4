/** A figure that only rises, made of readings that may fall back. */
export class Counter {
  #before = 0;
  #last = 0;

  get value(): number {
    return this.#before + this.#last;
  }

  /** Part of what was counted may be gone, such as a process that nobody waited for: it stays counted. */
  read(reading: number): void {
    this.#before += Math.max(0, this.#last - reading);
    this.#last = reading;
  }

  /** The readings that follow begin at 0 again. */
  restart(): void {
    this.#before += this.#last;
    this.#last = 0;
  }
}
