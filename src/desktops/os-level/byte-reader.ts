import type { Duplex } from 'node:stream';

/** Reads a stream in pieces of known lengths. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #parts: Buffer[] = [];
  #length = 0;

  constructor(stream: Duplex) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** @throws when the stream ends before */
  async read(length: number): Promise<Buffer> {
    while (this.#length < length) {
      const { value, done } = await this.#chunks.next();
      if (done === true) throw new Error('the connection ended in the middle of a message');
      this.#parts.push(value);
      this.#length += value.length;
    }
    // Mostly it is all in one piece, and there is nothing to copy.
    const [first] = this.#parts;
    const all = first?.length === this.#length ? first : Buffer.concat(this.#parts, this.#length);
    this.#parts = [all.subarray(length)];
    this.#length -= length;
    return all.subarray(0, length);
  }
}
