import { appendFileSync, type FSWatcher, readSync, truncateSync, watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Disposable } from '../contract/disposable.ts';

const chunkSize = 64 * 1024;
/** Bytes. The guest decides what it writes here, and must not fill the host's disk with it. */
const lengthLimit = 8 * 1024 * 1024;
const keptAfterTrim = 1024 * 1024;

/** Follows the file that QEMU writes the guest's first serial port into. */
export class ConsoleLog implements Disposable {
  /** Resolves when the line has appeared, now or at any time before. Rejects when unreadable. */
  readonly seen: Promise<void>;

  readonly #path: string;
  readonly #marker: Buffer;
  readonly #watcher: FSWatcher;
  readonly #found = Promise.withResolvers<void>();
  #offset = 0;
  /** The end of the chunk before, so that a marker across two chunks is found. */
  #carry = Buffer.alloc(0);
  #reading = false;
  #stale = false;
  #disposed = false;

  /** The file must exist. */
  constructor(path: string, marker: string) {
    this.#path = path;
    this.#marker = Buffer.from(marker);
    this.seen = this.#found.promise;
    this.seen.catch(() => undefined); // whoever waits for it hears of it
    this.#watcher = watch(path, () => this.#look());
    this.#watcher.on('error', this.#found.reject);
    this.#look();
  }

  dispose(): void {
    this.#disposed = true;
    this.#watcher.close();
  }

  /** Reads what is new; changes that come meanwhile are one more look. */
  async #look(): Promise<void> {
    this.#stale = true;
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.#stale && !this.#disposed) {
        this.#stale = false;
        await this.#readOn();
      }
    } catch (error) {
      this.#found.reject(error);
    } finally {
      this.#reading = false;
    }
  }

  async #readOn(): Promise<void> {
    const file = await open(this.#path, 'r');
    try {
      for (let chunk = await this.#next(file); chunk.length > 0; chunk = await this.#next(file)) {
        this.#search(chunk);
      }
      if (this.#offset > lengthLimit) this.#trim(file);
    } finally {
      await file.close();
    }
  }

  async #next(file: FileHandle): Promise<Buffer> {
    const { buffer, bytesRead } = await file.read({
      buffer: Buffer.alloc(chunkSize),
      position: this.#offset,
    });
    this.#offset += bytesRead;
    return buffer.subarray(0, bytesRead);
  }

  #search(chunk: Buffer): void {
    const text = Buffer.concat([this.#carry, chunk]);
    if (text.includes(this.#marker)) this.#found.resolve();
    this.#carry = Buffer.from(text.subarray(-(this.#marker.length - 1)));
  }

  /**
   * QEMU appends (O_APPEND), so the file can be cut under its hands. Nothing is awaited in here: what
   * the guest writes between the reading and the cutting is lost, so there is as good as no between.
   */
  #trim({ fd }: FileHandle): void {
    const buffer = Buffer.alloc(keptAfterTrim + chunkSize);
    const length = readSync(fd, buffer, 0, buffer.length, this.#offset - keptAfterTrim);
    truncateSync(this.#path, 0);
    this.#search(buffer.subarray(keptAfterTrim, length));
    const kept = Buffer.concat([
      Buffer.from('[porthole: the lines before were dropped]\n'),
      buffer.subarray(0, length),
    ]);
    appendFileSync(this.#path, kept);
    this.#offset = kept.length;
  }
}
