/** Bytes as they come, taken in the lengths that a protocol has. One taker at a time. */
export class ByteQueue {
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #fault: Error | null = null;
  #heard: () => void = () => undefined;

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    this.#heard();
  }

  /** Nothing more comes: whoever waits, or asks for more than there is, is told why. */
  end(fault: Error): void {
    this.#fault = fault;
    this.#heard();
  }

  /** @throws what `end` was told, when there are not so many and none will come */
  async take(count: number): Promise<Buffer> {
    while (this.#length < count) {
      if (this.#fault !== null) throw this.#fault;
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
    const [first] = this.#chunks;
    const whole = first !== undefined && first.length >= count ? first : this.#joined();
    this.#length -= count;
    if (whole.length === count) this.#chunks.shift();
    else this.#chunks[0] = whole.subarray(count);
    return whole.subarray(0, count);
  }

  #joined(): Buffer {
    const whole = Buffer.concat(this.#chunks);
    this.#chunks.splice(0, this.#chunks.length, whole);
    return whole;
  }
}
