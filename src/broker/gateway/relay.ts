import { connect } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import type { Disposable } from '../../contract/disposable.ts';
import { createFirstFrame } from './first-frame.ts';
import { createReadBuffers } from './read-buffers.ts';
import { createRfbClientParser, RfbSyntaxError } from './rfb-client-parser.ts';

/** How the relay ended, when it was not told to. */
export type RelayEnd = 'guest-lost' | 'protocol-error';

export type RelayDeps = {
  webSocket: WebSocket;
  /** Unix socket of the guest's RFB server. */
  rfbSocket: string;
  onInput(): void;
  /** The client took some bytes: it is there, even if a busy link delays its pongs. */
  onProgress(): void;
  onFirstFrame(): void;
  onEnd(end: RelayEnd): void;
};

export type RelayCounts = { toClient: number; toGuest: number; messages: number };

export type Relay = Disposable & { readonly counts: Readonly<RelayCounts> };

/**
 * Bytes on their way to a slow client before the guest has to wait, and when it may go on. QEMU
 * then skips frames rather than queue them, so a low mark is also what keeps the picture fresh.
 */
const highWaterBytes = 1024 * 1024;
const lowWaterBytes = 256 * 1024;

/** Carries RFB between a WebSocket and a guest, and makes each side wait for the other. */
export function startRelay(deps: RelayDeps): Relay {
  const { webSocket, rfbSocket, onInput, onProgress, onFirstFrame, onEnd } = deps;
  const counts: RelayCounts = { toClient: 0, toGuest: 0, messages: 0 };
  const parser = createRfbClientParser();
  const firstFrame = createFirstFrame();
  const buffers = createReadBuffers();
  let frameSeen = false;
  let over = false;

  const guest = connect({
    path: rfbSocket,
    onread: {
      buffer: buffers.take,
      callback: (length, buffer) => {
        // The buffer is one of `buffers`, which Node's types see as the array beneath it.
        toClient(length, buffer as Buffer);
        return true;
      },
    },
  });

  function toClient(length: number, buffer: Buffer): void {
    const bytes = buffer.subarray(0, length);
    counts.toClient += length;
    counts.messages += 1;
    if (!frameSeen && firstFrame.push(bytes)) {
      frameSeen = true;
      onFirstFrame();
    }
    // Few bytes must not hold a large buffer while they wait for a slow client: they are copied.
    const lent = length > buffer.length / 4;
    if (!lent) buffers.giveBack(buffer);
    webSocket.send(lent ? bytes : Buffer.from(bytes), { binary: true }, (error) => {
      if (lent) buffers.giveBack(buffer);
      if (error == null) sent();
    });
    if (webSocket.bufferedAmount > highWaterBytes) guest.pause();
  }

  function sent(): void {
    onProgress();
    if (!over && guest.isPaused() && webSocket.bufferedAmount <= lowWaterBytes) guest.resume();
  }

  function toGuest(bytes: Buffer): void {
    counts.toGuest += bytes.length;
    if (parser.push(bytes) === 'input') onInput();
    writeTogether();
    if (!guest.write(bytes)) webSocket.pause();
  }

  /** Clients send many messages of a few bytes: those that came together go on together. */
  function writeTogether(): void {
    if (guest.writableCorked > 0) return;
    guest.cork();
    process.nextTick(() => guest.uncork());
  }

  function onMessage(data: RawData, isBinary: boolean): void {
    if (over) return;
    try {
      if (!isBinary) throw new RfbSyntaxError('text');
      // A Buffer, as `binaryType` says by default.
      toGuest(data as Buffer);
    } catch (error) {
      if (!(error instanceof RfbSyntaxError)) throw error;
      end('protocol-error');
    }
  }

  function dispose(): void {
    if (over) return;
    over = true;
    webSocket.off('message', onMessage);
    // A paused WebSocket would never read the peer's close frame.
    webSocket.resume();
    guest.destroy();
  }

  function end(how: RelayEnd): void {
    if (over) return;
    dispose();
    onEnd(how);
  }

  webSocket.on('message', onMessage);
  guest.on('drain', () => webSocket.resume());
  // 'close' follows; which of its faults a guest died of is for the log of its machine.
  guest.on('error', () => end('guest-lost'));
  guest.on('close', () => end('guest-lost'));
  return { counts, dispose };
}
