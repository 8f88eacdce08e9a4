import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { messagesOf } from './rfb-client-messages.ts';

type Viewer = { socket: WebSocket; protocols: string[]; input: Buffer; answered: number };

type Size = { width: number; height: number };
type Colour = readonly [number, number, number];

/**
 * A desktop of one colour behind a WebSocket: as much of an RFB server (RFC 6143) as a viewer needs,
 * which sends each byte of its greeting on its own and paints only when told to.
 */
export class RfbServer {
  readonly #server: WebSocketServer;
  readonly #viewers: Viewer[] = [];
  /** Cut off without a word: whatever comes is heard and nothing is answered. */
  silent = false;
  /** Of the desktop's screen, in pixels. */
  size: Size = { width: 64, height: 48 };

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
    return (
      this.#viewers.length > 0 && messagesOf(this.#newest.input).some(({ type }) => type === 3)
    );
  }

  /** How often the newest viewer has asked for pictures. */
  get requests(): number {
    return messagesOf(this.#newest.input).filter(({ type }) => type === 3).length;
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
  paint(colour: Colour): void {
    this.paintEach(() => colour);
  }

  /** As `paint`, each pixel in a colour of its own. */
  paintEach(colourAt: (x: number, y: number) => Colour): void {
    const { width, height } = this.size;
    const pixels = Buffer.alloc(width * height * 4);
    for (let at = 0; at < width * height; at++) {
      pixels.set(colourAt(at % width, Math.floor(at / width)), at * 4);
    }
    const message = update(0, this.size, pixels);
    this.#newest.socket.send(message.subarray(0, 5_000));
    this.#newest.socket.send(message.subarray(5_000));
  }

  /** Paints the upper left with a picture in JPEG (rfbproto, "Tight Encoding"). */
  paintPicture(jpeg: Uint8Array, size: Size): void {
    const { length } = jpeg;
    const head = [0x90, 0x80 | (length & 127), 0x80 | ((length >> 7) & 127), length >> 14];
    this.#newest.socket.send(update(7, size, [...head, ...jpeg]));
  }

  /** Says that its screen can be given another size (rfbproto, "ExtendedDesktopSize"). */
  offerSizes(): void {
    this.#newest.socket.send(extendedSize(this.size, 0));
  }

  /** The size that the newest viewer asked for last, in pixels. */
  get wantedSize(): Size | undefined {
    const asked = messagesOf(this.#newest.input).findLast(({ type }) => type === 251)?.body;
    return asked && { width: asked.readUInt16BE(2), height: asked.readUInt16BE(4) };
  }

  /** Gives the screen another size as QEMU does: says that the guest was asked, and then the size. */
  takeSize(size: Size): void {
    this.#newest.socket.send(extendedSize(this.size, 1, 4));
    this.size = size;
    this.#newest.socket.send(extendedSize(size, 0));
  }

  /** Says that it takes scancodes (QEMU extended key event, -258). */
  takeScancodes(): void {
    this.#newest.socket.send(update(-258, this.size));
  }

  /** Tells which lamps of the keyboard are lit (LED state, -261): 2 is Num Lock, 4 Caps Lock. */
  light(lamps: number): void {
    this.#newest.socket.send(update(-261, { width: 1, height: 1 }, [lamps]));
  }

  /** Gives the pointer the shape of a square of one colour (RFC 6143 section 7.8.1). */
  giveCursor(size: number, [red, green, blue]: Colour): void {
    const pixels = Buffer.alloc(size * size * 4, Buffer.from([red, green, blue, 0]));
    const mask = Buffer.alloc(Math.ceil(size / 8) * size, 0xff);
    const shape = Buffer.concat([pixels, mask]);
    this.#newest.socket.send(update(-239, { width: size, height: size }, shape));
  }

  /** Which keys the newest viewer struck by scancode, negative when released. */
  get scancodes(): number[] {
    return messagesOf(this.#newest.input)
      .filter(({ type }) => type === 255)
      .map(({ body }) => body.readUInt32BE(8) * (body.readUInt16BE(2) === 1 ? 1 : -1));
  }

  /** Masks of the buttons that the newest viewer told of, one for each of its pointer events. */
  get buttons(): number[] {
    return messagesOf(this.#newest.input)
      .filter(({ type }) => type === 5)
      .map(({ body }) => body.readUInt8(1));
  }

  /** Pointer events of the newest viewer, with where on the desktop they were. */
  get pointer(): { buttons: number; x: number; y: number }[] {
    return messagesOf(this.#newest.input)
      .filter(({ type }) => type === 5)
      .map(({ body }) => ({
        ...{ buttons: body.readUInt8(1), x: body.readUInt16BE(2), y: body.readUInt16BE(4) },
      }));
  }

  /** The last part of the screen that the newest viewer asked for whether or not it has changed. */
  get askedAnew(): number[] | undefined {
    const anew = messagesOf(this.#newest.input).findLast(
      (one) => one.type === 3 && one.body[1] === 0,
    );
    return anew && [2, 4, 6, 8].map((at) => anew.body.readUInt16BE(at));
  }

  /** Encodings that the newest viewer said last it takes. */
  get encodings(): number[] {
    const body = messagesOf(this.#newest.input).findLast(({ type }) => type === 2)?.body;
    const count = body?.readUInt16BE(2) ?? 0;
    return Array.from({ length: count }, (_, at) => body?.readInt32BE(4 + 4 * at) ?? 0);
  }

  /** An update that says something but draws nothing. */
  paintNothing(): void {
    this.#newest.socket.send(update(-223, this.size));
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
      once(answered, 'init', length >= 14, () => sendBytes(socket, serverInit(this.size)));
      this.#answer(viewer);
    });
    sendBytes(socket, Buffer.from('RFB 003.008\n'));
  }

  /** As QEMU, tells its size whenever all is asked for anew; the first time waits for `paint`. */
  #answer(viewer: Viewer): void {
    const anew = messagesOf(viewer.input).filter(({ type, body }) => type === 3 && body[1] === 0);
    if (this.silent || anew.length <= viewer.answered) return;
    if (viewer.answered > 0) viewer.socket.send(update(-223, this.size));
    viewer.answered = anew.length;
  }
}

/** ExtendedDesktopSize, -308, of one screen; the reason is 0 or that the viewer asked for it, 1. */
function extendedSize({ width, height }: Size, reason: number, status = 0): Buffer {
  const content = Buffer.alloc(4 + 16);
  content.writeUInt8(1);
  content.writeUInt16BE(width, 12);
  content.writeUInt16BE(height, 14);
  const message = update(-308, { width, height }, content);
  message.writeUInt16BE(reason, 4);
  message.writeUInt16BE(status, 6);
  return message;
}

/** FramebufferUpdate with one rectangle, at the upper left. */
function update(encoding: number, size: Size, content: Iterable<number> = []): Buffer {
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

function serverInit({ width, height }: Size): Buffer {
  const name = 'test';
  const format = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0];
  const size = [width >> 8, width & 255, height >> 8, height & 255];
  return Buffer.from([...size, ...format, 0, 0, 0, name.length, ...Buffer.from(name)]);
}

function keysOf(viewer: Viewer): number[] {
  return messagesOf(viewer.input)
    .filter(({ type }) => type === 4)
    .map(({ body }) => body.readUInt32BE(4) * (body[1] === 1 ? 1 : -1));
}
