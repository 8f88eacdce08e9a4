import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

type Viewer = { socket: WebSocket; protocols: string[]; input: Buffer; answered: number };

const width = 64;
const height = 48;

/**
 * A desktop of one colour behind a WebSocket: as much of an RFB server (RFC 6143) as a viewer needs,
 * which sends each byte of its greeting on its own and paints only when told to.
 */
export class RfbServer {
  readonly #server: WebSocketServer;
  readonly #viewers: Viewer[] = [];
  /** Cut off without a word: whatever comes is heard and nothing is answered. */
  silent = false;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket, { headers }) => this.#greet(socket, headers));
  }

  static async start(): Promise<RfbServer> {
    const server = new WebSocketServer({
      host: '127.0.0.1',
      port: 0,
      handleProtocols: () => 'rfb.porthole.v1',
    });
    await new Promise((resolve) => server.once('listening', resolve));
    return new RfbServer(server);
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo; // a TCP server's is never a string
    return `ws://127.0.0.1:${port}/v1/stream`;
  }

  get connections(): number {
    return this.#viewers.length;
  }

  /** The subprotocols that the newest viewer offered. */
  get protocols(): string[] {
    return this.#newest.protocols;
  }

  /** Whether the newest viewer is past the handshake and waits for a picture. */
  get asked(): boolean {
    return this.#viewers.length > 0 && messagesOf(this.#newest).some(({ type }) => type === 3);
  }

  /** How often the newest viewer has asked for pictures. */
  get requests(): number {
    return messagesOf(this.#newest).filter(({ type }) => type === 3).length;
  }

  /**
   * Key events of the newest viewer in their order, as keysyms, negative when released; without the
   * first, by which each viewer wakes the desktop.
   */
  get keys(): number[] {
    return keysOf(this.#newest).slice(1);
  }

  /** The key event that the newest viewer began with. */
  get wakingKey(): number | undefined {
    return keysOf(this.#newest)[0];
  }

  /** Paints the whole screen, cut into two messages in the middle of the pixels. */
  paint([red, green, blue]: readonly [number, number, number]): void {
    const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0, width, 0, height, 0, 0, 0, 0]);
    const pixels = Buffer.alloc(width * height * 4, Buffer.from([red, green, blue, 0]));
    const message = Buffer.concat([header, pixels]);
    this.#newest.socket.send(message.subarray(0, 5_000));
    this.#newest.socket.send(message.subarray(5_000));
  }

  /** Says that it takes scancodes (QEMU extended key event, -258). */
  takeScancodes(): void {
    this.#newest.socket.send(update(-258, { width, height }));
  }

  /** Tells which lamps of the keyboard are lit (LED state, -261): 2 is Num Lock, 4 Caps Lock. */
  light(lamps: number): void {
    this.#newest.socket.send(update(-261, { width: 1, height: 1 }, [lamps]));
  }

  /** Gives the pointer the shape of a square of one colour (RFC 6143 section 7.8.1). */
  giveCursor(size: number, [red, green, blue]: readonly [number, number, number]): void {
    const pixels = Buffer.alloc(size * size * 4, Buffer.from([red, green, blue, 0]));
    const mask = Buffer.alloc(Math.ceil(size / 8) * size, 0xff);
    const shape = Buffer.concat([pixels, mask]);
    this.#newest.socket.send(update(-239, { width: size, height: size }, shape));
  }

  /** Which keys the newest viewer struck by scancode, negative when released. */
  get scancodes(): number[] {
    return messagesOf(this.#newest)
      .filter(({ type }) => type === 255)
      .map(({ body }) => body.readUInt32BE(8) * (body.readUInt16BE(2) === 1 ? 1 : -1));
  }

  /** Masks of the buttons that the newest viewer told of, one for each of its pointer events. */
  get buttons(): number[] {
    return messagesOf(this.#newest)
      .filter(({ type }) => type === 5)
      .map(({ body }) => body.readUInt8(1));
  }

  /** Encodings that the newest viewer said it takes. */
  get encodings(): number[] {
    const [body] = messagesOf(this.#newest).flatMap((one) => (one.type === 2 ? [one.body] : []));
    const count = body?.readUInt16BE(2) ?? 0;
    return Array.from({ length: count }, (_, at) => body?.readInt32BE(4 + 4 * at) ?? 0);
  }

  /** An update that says something but draws nothing. */
  paintNothing(): void {
    this.#newest.socket.send(sizeUpdate());
  }

  sendGarbage(): void {
    this.#newest.socket.send(Buffer.from([0xee, 1, 2, 3]));
  }

  close(code: number): void {
    this.#newest.socket.close(code);
  }

  cut(): void {
    this.#newest.socket.terminate();
  }

  stop(): Promise<void> {
    for (const { socket } of this.#viewers) socket.terminate();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  get #newest(): Viewer {
    const viewer = this.#viewers.at(-1);
    if (viewer === undefined) throw new Error('nobody has connected');
    return viewer;
  }

  #greet(socket: WebSocket, headers: Record<string, string | string[] | undefined>): void {
    const protocols = String(headers['sec-websocket-protocol'] ?? '').split(/,\s*/);
    const viewer: Viewer = { socket, protocols, input: Buffer.alloc(0), answered: 0 };
    this.#viewers.push(viewer);
    const answered = { security: false, result: false, init: false };
    socket.on('message', (data: Buffer) => {
      viewer.input = Buffer.concat([viewer.input, data]);
      const { length } = viewer.input;
      once(answered, 'security', length >= 12, () => sendBytes(socket, [1, 1]));
      once(answered, 'result', length >= 13, () => sendBytes(socket, [0, 0, 0, 0]));
      once(answered, 'init', length >= 14, () => sendBytes(socket, serverInit()));
      this.#answer(viewer);
    });
    sendBytes(socket, Buffer.from('RFB 003.008\n'));
  }

  /** As QEMU, tells its size whenever all is asked for anew; the first time waits for `paint`. */
  #answer(viewer: Viewer): void {
    const anew = messagesOf(viewer).filter(({ type, body }) => type === 3 && body[1] === 0);
    if (this.silent || anew.length <= viewer.answered) return;
    if (viewer.answered > 0) viewer.socket.send(sizeUpdate());
    viewer.answered = anew.length;
  }
}

/** FramebufferUpdate with one rectangle of the pseudo-encoding DesktopSize, -223. */
function sizeUpdate(): Buffer {
  return update(-223, { width, height });
}

/** FramebufferUpdate with one rectangle, at the upper left. */
function update(
  encoding: number,
  size: { width: number; height: number },
  content: Iterable<number> = [],
): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt16BE(1, 2);
  header.writeUInt16BE(size.width, 8);
  header.writeUInt16BE(size.height, 10);
  header.writeInt32BE(encoding, 12);
  return Buffer.concat([header, Buffer.from([...content])]);
}

function once<K extends string>(done: Record<K, boolean>, step: K, due: boolean, act: () => void) {
  if (!due || done[step]) return;
  done[step] = true;
  act();
}

function sendBytes(socket: WebSocket, bytes: Iterable<number>): void {
  for (const byte of bytes) socket.send(Buffer.from([byte]));
}

function serverInit(): Buffer {
  const name = 'test';
  const format = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0];
  return Buffer.from([0, width, 0, height, ...format, 0, 0, 0, name.length, ...Buffer.from(name)]);
}

function keysOf(viewer: Viewer): number[] {
  return messagesOf(viewer)
    .filter(({ type }) => type === 4)
    .map(({ body }) => body.readUInt32BE(4) * (body[1] === 1 ? 1 : -1));
}

/** Client messages after the handshake, by the lengths of RFC 6143 section 7.5. */
function messagesOf({ input }: Viewer): { type: number; body: Buffer }[] {
  const messages: { type: number; body: Buffer }[] = [];
  let rest = input.subarray(14);
  while (rest.length > 0) {
    const type = rest[0] ?? 0;
    const length = lengthOf(type, rest);
    if (length === null || length > rest.length) break;
    messages.push({ type, body: rest.subarray(0, length) });
    rest = rest.subarray(length);
  }
  return messages;
}

function lengthOf(type: number, rest: Buffer): number | null {
  switch (type) {
    case 0:
      return 20;
    case 2:
      return rest.length < 4 ? null : 4 + rest.readUInt16BE(2) * 4;
    case 3:
      return 10;
    case 4:
      return 8;
    case 5:
      return 6;
    case 255:
      return 12;
    default:
      throw new Error(`client message of type ${type}`);
  }
}
