/**
 * Cuts a byte stream into lines, whatever the sizes it arrives in. Both QMP and the guest agent
 * send one JSON text per line, in UTF-8.
 */
export class LineSplitter {
  readonly #limit: number;
  #parts: Buffer[] = [];
  #length = 0;

  /** `limit`: bytes that one line may have; the other end is not trusted with our memory. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The lines completed by the chunk, without their ends. @throws RangeError above the limit. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      this.#append(chunk.subarray(from, end));
      lines.push(Buffer.concat(this.#parts).toString('utf8').replace(/\r$/, ''));
      this.reset();
      from = end + 1;
    }
    this.#append(chunk.subarray(from));
    return lines;
  }

  /** Forgets a line that has begun. */
  reset(): void {
    this.#parts = [];
    this.#length = 0;
  }

  #append(part: Buffer): void {
    this.#length += part.length;
    if (this.#length > this.#limit) throw new RangeError(`a line exceeds ${this.#limit} bytes`);
    if (part.length > 0) this.#parts.push(part);
  }
}
