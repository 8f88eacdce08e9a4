import { connect } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import type { Clock } from '../../contract/clock.ts';
import type { Disposable } from '../../contract/disposable.ts';
import { createAccelerator, type Insertion } from './accelerator.ts';
import { createReadBuffers } from './read-buffers.ts';
import { createRefreshKeeper } from './refresh-keeper.ts';
import { type ClientReach, createRfbClientParser } from './rfb-client-parser.ts';
import { noKey } from './rfb-flow-messages.ts';
import { extensions } from './rfb-rectangles.ts';
import { RfbSyntaxError } from './rfb-syntax-error.ts';

/** How the relay ended, when it was not told to. */
export type RelayEnd = 'guest-lost' | 'protocol-error';

export type RelayDeps = {
  webSocket: WebSocket;
  /** Unix socket of the guest's RFB server. */
  rfbSocket: string;
  /** What of the client reaches the guest. */
  reach: ClientReach;
  clock: Clock;
  onInput(): void;
  /** The client took some bytes: it is there, even if a busy link delays its pongs. */
  onProgress(): void;
  onFirstFrame(): void;
  /** The client is not accelerated any more, since the guest said what can't be followed. */
  onUnaccelerated(reason: string): void;
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
  const accelerator = createAccelerator({
    clock: deps.clock,
    ask,
    tell,
    onLost: deps.onUnaccelerated,
  });
  const parser = createRfbClientParser({
    withholdsFlow: () => accelerator.isInCharge,
    reach: deps.reach,
    hasExtendedMouse: () => accelerator.accepted.has(extensions.extendedMouseButtons),
  });
  const refreshes = createRefreshKeeper({ clock: deps.clock, wake });
  const buffers = createReadBuffers();
  let frameSeen = false;
  /** To the guest, once it has heard the whole of what the client is saying. */
  let request: Uint8Array | null = null;
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
    const insertion = accelerator.fromGuest(bytes);
    if (!frameSeen && accelerator.hasDrawn) {
      frameSeen = true;
      onFirstFrame();
    }
    // Few bytes must not hold a large buffer while they wait for a slow client: they are copied.
    const lent = length > buffer.length / 4;
    const parts = insertion === null ? [bytes] : inserted(bytes, insertion);
    const [last = bytes, ...before] = (lent ? parts : [Buffer.concat(parts)]).toReversed();
    if (!lent) buffers.giveBack(buffer);
    for (const part of before.toReversed()) webSocket.send(part, { binary: true });
    webSocket.send(last, { binary: true }, (error) => {
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
    const { activity, passed, notes } = parser.push(bytes);
    if (activity === 'input') onInput();
    for (const part of passed) write(part);
    if (activity === 'input' && isQemu()) refreshes.input();
    accelerator.fromClient(notes);
    sendRequest();
  }

  function write(bytes: Uint8Array): void {
    writeTogether();
    if (!guest.write(bytes)) webSocket.pause();
  }

  /** Small answers to a client. One that asks for them and takes none is not one of ours. */
  function tell(bytes: Uint8Array): void {
    if (webSocket.bufferedAmount > 2 * highWaterBytes) throw new RfbSyntaxError('takes no answers');
    webSocket.send(bytes, { binary: true });
  }

  function ask(wanted: Uint8Array): void {
    request = wanted;
    sendRequest();
  }

  /** The other servers behind a gateway pace themselves. */
  function isQemu(): boolean {
    return accelerator.isInCharge && accelerator.accepted.has(extensions.extendedKeys);
  }

  /** Left out in the midst of a message, the rest of which wakes QEMU as well. */
  function wake(): void {
    if (parser.isBetween) write(noKey);
  }

  function sendRequest(): void {
    if (request === null || !parser.isBetween) return;
    write(request);
    request = null;
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
    accelerator.dispose();
    refreshes.dispose();
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

function inserted(bytes: Uint8Array, { at, bytes: insertion }: Insertion): Uint8Array[] {
  const parts = [bytes.subarray(0, at), insertion, bytes.subarray(at)];
  return parts.filter(({ length }) => length > 0);
}
