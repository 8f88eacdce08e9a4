import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const screenName = 'fake';

/** What an RFB 3.8 server says before the first frame, security None (RFC 6143 section 7.1-7.3). */
const greeting = Buffer.from('RFB 003.008\n');
const securityTypes = Buffer.from([1, 1]);
const securityResult = Buffer.alloc(4);

export function serverInit(name = screenName): Buffer {
  const screen = Buffer.alloc(24);
  screen.writeUInt16BE(2, 0);
  screen.writeUInt16BE(1, 2);
  screen.set([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0], 4);
  screen.writeUInt32BE(name.length, 20);
  return Buffer.concat([screen, Buffer.from(name)]);
}

/** A FramebufferUpdate with one raw rectangle of 2 x 1 pixels. */
export const frame = Buffer.from([
  0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0, 1, 0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0,
]);

/** All that a client hears before it may ask for a frame. */
export const handshake = Buffer.concat([greeting, securityTypes, securityResult, serverInit()]);

/**
 * A screen on a unix socket. It says its whole handshake at once, then what the test wants, and
 * keeps what it hears.
 */
export class FakeRfbServer {
  readonly path: string;
  readonly #folder: string;
  readonly #server: Server;
  readonly #connections: Socket[] = [];
  #heard: Buffer[] = [];
  #reads = true;

  constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, 'rfb');
    this.#server = createServer((socket) => {
      this.#connections.push(socket);
      // A client that is cut off is part of the tests.
      socket.on('error', () => socket.destroy());
      socket.on('data', (bytes) => this.#heard.push(bytes));
      if (!this.#reads) socket.pause();
      socket.write(handshake);
    });
  }

  static async listen(): Promise<FakeRfbServer> {
    const server = new FakeRfbServer(await mkdtemp(join(tmpdir(), 'fake-rfb-')));
    server.#server.listen(server.path);
    await once(server.#server, 'listening');
    return server;
  }

  /** With false nothing is read from clients, as a guest that hangs would, until it is true. */
  set reads(reads: boolean) {
    this.#reads = reads;
    for (const socket of this.#connections) {
      if (reads) socket.resume();
      else socket.pause();
    }
  }

  get heard(): Buffer {
    return Buffer.concat(this.#heard);
  }

  get connections(): readonly Socket[] {
    return this.#connections;
  }

  /** The connection made last; there has to be one. */
  get client(): Socket {
    const socket = this.#connections.at(-1);
    if (socket === undefined) throw new Error('nobody has connected');
    return socket;
  }

  forget(): void {
    this.#heard = [];
  }

  async close(): Promise<void> {
    for (const socket of this.#connections) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
    await rm(this.#folder, { recursive: true });
  }
}
