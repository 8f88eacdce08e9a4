import type { Socket } from 'node:net';
import type { ByteReader } from '../../src/desktops/os-level/byte-reader.ts';
import { openRfb, setEncodings } from './rfb-opening.ts';

/** Pseudo-encodings (rfbproto, "Encodings"), and the cursor of RFC 6143 section 7.8.1. */
const encodings = { cursor: -239, extendedKeys: -258, leds: -261 } as const;
const frameBufferUpdate = 0;

/** Lamps of a keyboard, as bits of the LED state pseudo-encoding. */
export const lamps = { numLock: 2, capsLock: 4 } as const;

/**
 * A keyboard at the display of a machine: says which keys are struck, by scancode (QEMU extended
 * key event), and sees its lamps and the shape of the cursor. It asks for no picture.
 */
export class ScancodeKeyboard {
  readonly #socket: Socket;
  /** Whether the display has said that it takes scancodes. */
  takesScancodes = false;
  /** Bits of `lamps`; null until they were told. */
  lit: number | null = null;
  /** Sizes of the cursors that were sent, in their order. */
  readonly cursors: { width: number; height: number }[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(path: string): Promise<ScancodeKeyboard> {
    const { socket, reader } = await openRfb(path);
    const keyboard = new ScancodeKeyboard(socket);
    socket.write(setEncodings(...Object.values(encodings)));
    // Ends with the connection.
    keyboard.#look(reader).catch(() => undefined);
    return keyboard;
  }

  /** Strikes keys one after the other, while others are held. */
  strike(scancodes: readonly number[], held: readonly number[] = []): void {
    for (const scancode of held) this.#key(scancode, true);
    for (const scancode of scancodes) {
      this.#key(scancode, true);
      this.#key(scancode, false);
    }
    for (const scancode of held.toReversed()) this.#key(scancode, false);
  }

  dispose(): void {
    this.#socket.destroy();
  }

  #key(scancode: number, down: boolean): void {
    const event = Buffer.alloc(12);
    event.writeUInt8(255, 0); // QEMU client message; its submessage 0 is the key event
    event.writeUInt16BE(down ? 1 : 0, 2);
    event.writeUInt32BE(scancode, 8);
    this.#socket.write(event);
  }

  async #look(reader: ByteReader): Promise<never> {
    while (true) {
      const header = await reader.read(4);
      if (header[0] !== frameBufferUpdate) throw new Error(`server message ${header[0]}`);
      for (let left = header.readUInt16BE(2); left > 0; left -= 1) await this.#rectangle(reader);
    }
  }

  async #rectangle(reader: ByteReader): Promise<void> {
    const header = await reader.read(12);
    const [width, height] = [header.readUInt16BE(4), header.readUInt16BE(6)];
    switch (header.readInt32BE(8)) {
      case encodings.extendedKeys:
        this.takesScancodes = true;
        return;
      case encodings.leds:
        this.lit = (await reader.read(1)).readUInt8();
        return;
      case encodings.cursor:
        await reader.read(width * height * 4 + Math.ceil(width / 8) * height);
        this.cursors.push({ width, height });
        return;
      default:
        throw new Error(`encoding ${header.readInt32BE(8)}`);
    }
  }
}
