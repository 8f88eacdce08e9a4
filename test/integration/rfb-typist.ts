import type { Socket } from 'node:net';
import { openRfb, setEncodings } from './rfb-opening.ts';

/** X11 keysyms. */
export const keys = { control: 0xffe3, alt: 0xffe9, enter: 0xff0d } as const;

/** Numbers of RFC 6143, and of its registry for the size (ExtendedDesktopSize, SetDesktopSize). */
const client = { updateRequest: 3, keyEvent: 4, setDesktopSize: 251 } as const;
const extendedDesktopSize = -308;

/** A user at the display of a machine: types, and changes its size; looks at nothing. */
export class RfbTypist {
  readonly greeting: string;
  readonly #socket: Socket;

  private constructor(socket: Socket, greeting: string) {
    this.#socket = socket;
    this.greeting = greeting;
  }

  static async open(path: string): Promise<RfbTypist> {
    const { socket, greeting } = await openRfb(path);
    const typist = new RfbTypist(socket, greeting);
    typist.#beginToWatch();
    return typist;
  }

  /** Presses keys in this order, and lets go of them in the other. */
  press(...keysyms: number[]): void {
    for (const keysym of keysyms) this.#key(keysym, true);
    for (const keysym of keysyms.toReversed()) this.#key(keysym, false);
  }

  /** Lower case, digits, spaces, and what else needs no shift. */
  type(text: string): void {
    for (const character of text) this.press(character.charCodeAt(0));
  }

  resize(width: number, height: number): void {
    const message = Buffer.alloc(24);
    message.writeUInt8(client.setDesktopSize, 0);
    message.writeUInt16BE(width, 2);
    message.writeUInt16BE(height, 4);
    message.writeUInt8(1, 6); // one screen, as large as all
    message.writeUInt16BE(width, 16);
    message.writeUInt16BE(height, 18);
    this.#socket.write(message);
  }

  dispose(): void {
    this.#socket.destroy();
  }

  /** Servers let nobody change the size who has not said that they understand it. */
  #beginToWatch(): void {
    this.#socket.write(setEncodings(0, extendedDesktopSize));
    const request = Buffer.alloc(10);
    request.writeUInt8(client.updateRequest, 0);
    request.writeUInt16BE(1, 6);
    request.writeUInt16BE(1, 8);
    this.#socket.write(request);
    this.#socket.on('error', () => undefined).resume();
  }

  #key(keysym: number, down: boolean): void {
    const event = Buffer.alloc(8);
    event.writeUInt8(client.keyEvent, 0);
    event.writeUInt8(down ? 1 : 0, 1);
    event.writeUInt32BE(keysym, 4);
    this.#socket.write(event);
  }
}
