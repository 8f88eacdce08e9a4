import { once } from 'node:events';
import { WebSocket } from 'ws';
import { streamProtocol, ticketProtocolPrefix } from '../../src/contract/stream.ts';
import { until } from './until.ts';

/** The client half of an RFB 3.8 handshake, security None, shared. */
export const clientHandshake = Buffer.concat([
  Buffer.from('RFB 003.008\n'),
  Buffer.from([1]),
  Buffer.from([1]),
]);
export const keyEvent = Buffer.from([4, 1, 0, 0, 0, 0, 0, 0x61]);
export const updateRequest = Buffer.from([3, 1, 0, 0, 0, 0, 0, 2, 0, 1]);

export type StreamOptions = {
  ticket?: string;
  protocols?: string[];
  origin?: string;
  /** PEM of the authority of the broker's certificate. */
  authority?: string;
};

/** A client of the stream that does what it is told, however wrong. */
export class FakeStreamClient {
  readonly webSocket: WebSocket;
  /** The code that the stream was closed with. */
  readonly closed: Promise<number>;
  readonly #received: Buffer[] = [];
  #length = 0;
  /** With false, what comes is counted but not kept. */
  keeps = true;

  constructor(url: string, path: string, options: StreamOptions) {
    const { ticket, protocols, origin, authority } = options;
    const address = new URL(path, url);
    address.protocol = address.protocol.replace('http', 'ws');
    const offered = [streamProtocol];
    if (ticket !== undefined) offered.push(`${ticketProtocolPrefix}${ticket}`);
    this.webSocket = new WebSocket(address, protocols ?? offered, {
      perMessageDeflate: false,
      ...(origin === undefined ? {} : { origin }),
      ...(authority === undefined ? {} : { ca: authority }),
    });
    this.webSocket.on('message', (data) => this.#take(data));
    this.closed = new Promise((resolve) => this.webSocket.once('close', resolve));
    // The code of the close, which follows, is what tests look at.
    this.webSocket.on('error', () => this.webSocket.terminate());
  }

  get received(): Buffer {
    return Buffer.concat(this.#received);
  }

  get length(): number {
    return this.#length;
  }

  async opened(): Promise<this> {
    await once(this.webSocket, 'open');
    return this;
  }

  /** The HTTP status that the upgrade was refused with. */
  async refused(): Promise<number> {
    const [, response] = await once(this.webSocket, 'unexpected-response');
    this.webSocket.terminate();
    return response.statusCode;
  }

  async waitFor(length: number): Promise<void> {
    await until(`${length} bytes came`, () => this.#length >= length);
  }

  #take(data: unknown): void {
    if (!Buffer.isBuffer(data)) throw new Error('not a binary message');
    this.#length += data.length;
    if (this.keeps) this.#received.push(data);
  }
}
