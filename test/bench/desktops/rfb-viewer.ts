import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { AsyncDisposable } from '../../../src/contract/disposable.ts';
import { ByteQueue } from './byte-queue.ts';
import { encodings, type Rectangle, takePixels } from './picture.ts';

/** How to open a stream; `authority` is the PEM that the broker's certificate is traced to. */
export type StreamAddress = { url: string; protocols: string[]; authority: string };

/** As the terminal begins: noVNC's first choice among encodings, for a link that is taken for good. */
const wantedEncodings = [
  encodings.copyRect,
  encodings.tight,
  encodings.raw,
  encodings.quality0 + 7,
  encodings.compression0 + 2,
  encodings.desktopSize,
  encodings.lastRect,
];
/** The desktop's own bar, with its clock: what changes there is no answer to a key. */
const barHeight = 48;
const paintLimitMs = 60_000;
const shiftKey = 0xffe1; // X11 keysym
const serverMessage = { update: 0, colours: 1, bell: 2, cutText: 3 };

/**
 * A viewer of RFB (RFC 6143, version 3.8, security type None) on the gateway's WebSocket, which
 * takes pictures in without painting them, and asks for the next one as soon as it has one whole.
 */
export class RfbViewer implements AsyncDisposable {
  /** When there was something to see, by performance.now(). */
  readonly painted: Promise<number>;
  readonly #webSocket: WebSocket;
  readonly #queue = new ByteQueue();
  readonly #painted = Promise.withResolvers<number>();
  #size = { width: 0, height: 0 };
  /** What was seen so far: `null` is a picture with more than one. */
  readonly #colours = new Set<string | null>();
  #onChange: (at: number) => void = () => undefined;

  private constructor(webSocket: WebSocket) {
    this.#webSocket = webSocket;
    const late = setTimeout(() => this.#queue.end(new Error('nothing was painted')), paintLimitMs);
    this.painted = this.#painted.promise.finally(() => clearTimeout(late));
    // Whoever waits for the picture hears of it; a viewer that only types need not.
    this.painted.catch(() => undefined);
    webSocket.on('message', (data: Buffer) => this.#queue.push(data));
    webSocket.on('error', (error) => this.#queue.end(error));
    webSocket.on('close', (code) => this.#queue.end(new Error(`the stream closed with ${code}`)));
    this.#follow().catch((error: unknown) => this.#painted.reject(error));
  }

  static open({ url, protocols, authority }: StreamAddress): RfbViewer {
    const options = { ca: authority, perMessageDeflate: false };
    return new RfbViewer(new WebSocket(url, protocols, options));
  }

  /** Presses keys by their X11 keysyms, in this order, and lets go of them in the other. */
  press(...keysyms: number[]): void {
    for (const keysym of keysyms) this.#key(keysym, true);
    for (const keysym of keysyms.toReversed()) this.#key(keysym, false);
  }

  /** When the picture next changes above the desktop's bar; null when it does not in time. */
  nextChange(limitMs: number): Promise<number | null> {
    return new Promise((resolve) => {
      const settle = (at: number | null) => {
        clearTimeout(limit);
        this.#onChange = () => undefined;
        resolve(at);
      };
      const limit = setTimeout(settle, limitMs, null);
      this.#onChange = settle;
    });
  }

  async dispose(): Promise<void> {
    const { readyState } = this.#webSocket;
    if (readyState === WebSocket.CLOSED) return;
    this.#webSocket.close();
    await once(this.#webSocket, 'close');
  }

  async #follow(): Promise<void> {
    await this.#shakeHands();
    this.#request(false);
    // As the terminal does, so that QEMU does not take its time over the first picture.
    this.#key(shiftKey, false);
    for (;;) {
      const [type] = await this.#queue.take(1);
      if (type === serverMessage.update) await this.#update();
      else if (type === serverMessage.colours)
        await this.#skip(3, (head) => head.readUInt16BE(1) * 6);
      else if (type === serverMessage.cutText) await this.#skip(7, (head) => head.readUInt32BE(3));
      else if (type !== serverMessage.bell) throw new Error(`a server message of type ${type}`);
    }
  }

  /** Sections 7.1 to 7.3, and the encodings. */
  async #shakeHands(): Promise<void> {
    const version = await this.#queue.take(12);
    this.#send(version);
    const [types = 0] = await this.#queue.take(1);
    await this.#queue.take(types);
    this.#send([1]);
    const result = await this.#queue.take(4);
    if (result.readUInt32BE() !== 0) throw new Error('the security handshake failed');
    this.#send([1]);
    const init = await this.#queue.take(24);
    await this.#queue.take(init.readUInt32BE(20));
    if (init[4] !== 32) throw new Error(`pixels of ${init[4]} bits`);
    this.#size = { width: init.readUInt16BE(0), height: init.readUInt16BE(2) };
    const wanted = Buffer.from([2, 0, 0, wantedEncodings.length]);
    this.#send(Buffer.concat([wanted, ...wantedEncodings.map(asInt32)]));
  }

  async #update(): Promise<void> {
    const head = await this.#queue.take(3);
    let changed = false;
    let resized = false;
    for (let left = head.readUInt16BE(1); left > 0; left -= 1) {
      const { rectangle, encoding } = rectangleOf(await this.#queue.take(12));
      if (encoding === encodings.lastRect) break;
      if (encoding === encodings.desktopSize) {
        this.#size = rectangle;
        resized = true;
      } else {
        this.#colours.add(await takePixels(this.#queue, rectangle, encoding));
        changed ||= rectangle.y < this.#size.height - barHeight;
      }
    }
    const now = performance.now();
    this.#request(!resized);
    if (!changed) return;
    if (this.#colours.size > 1 || this.#colours.has(null)) this.#painted.resolve(now);
    this.#onChange(now);
  }

  async #skip(head: number, rest: (head: Buffer) => number): Promise<void> {
    await this.#queue.take(rest(await this.#queue.take(head)));
  }

  #request(incremental: boolean): void {
    const request = Buffer.from([3, incremental ? 1 : 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    request.writeUInt16BE(this.#size.width, 6);
    request.writeUInt16BE(this.#size.height, 8);
    this.#send(request);
  }

  #key(keysym: number, down: boolean): void {
    const event = Buffer.from([4, down ? 1 : 0, 0, 0, 0, 0, 0, 0]);
    event.writeUInt32BE(keysym, 4);
    this.#send(event);
  }

  #send(bytes: Uint8Array | readonly number[]): void {
    this.#webSocket.send(Buffer.from(bytes));
  }
}

function rectangleOf(head: Buffer): { rectangle: Rectangle; encoding: number } {
  const at = (offset: number): number => head.readUInt16BE(offset);
  const rectangle = { x: at(0), y: at(2), width: at(4), height: at(6) };
  return { rectangle, encoding: head.readInt32BE(8) };
}

function asInt32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
