import {
  type ClientNote,
  type NoteReader,
  noteContinuousUpdates,
  noteEncodings,
  noteFence,
  notePixelFormat,
  noteUpdateRequest,
} from './rfb-client-note.ts';
import { RfbSyntaxError } from './rfb-syntax-error.ts';

/**
 * Follows what a client sends in RFB (RFC 6143, version 3.8, security type None), to let nothing
 * else through to a guest, to see when the user does something, and to take out what is for the
 * gateway. It copies no payload but that of the few short messages that it makes notes of.
 */
export type ClientActivity = 'none' | 'input';

export type ClientBytes = {
  /** Whether there was a key, a pointer or a clipboard message. */
  activity: ClientActivity;
  /** What is for the guest, in order. */
  passed: readonly Uint8Array[];
  notes: readonly ClientNote[];
};

export type RfbClientParser = {
  /**
   * Takes the next bytes, split anywhere. @throws RfbSyntaxError, after which the connection is of
   * no use.
   */
  push(bytes: Uint8Array): ClientBytes;
  /** Whether the last byte was the last of a message, so that another one may go to the guest. */
  readonly isBetween: boolean;
};

/**
 * What of a client is let through: its looking on; its keys and pointer too; or all, which is the
 * clipboard, the size of the screen and the power switch besides.
 */
export type ClientReach = 'view' | 'control' | 'all';

type Deps = {
  /** Whether fences and continuous updates are the gateway's, so that the guest hears none. */
  withholdsFlow(): boolean;
  reach: ClientReach;
  /** Whether the guest has said that it understands pointer events of more than eight buttons. */
  hasExtendedMouse(): boolean;
};

const greeting = 'RFB 003.008\n';
const securityNone = 1;

/** The longest clipboard that is let through, in bytes. */
const longestCutText = 16 * 1024 * 1024;

type MessageKind = {
  name: string;
  /** Bytes up to where the length of the whole message is known, the type byte included. */
  header: number;
  /** Bytes that follow the header, which is complete. */
  rest?: (header: DataView, deps: Deps) => number;
  input?: true;
  /** How far the client must reach; anybody may send it where that is left out. */
  needs?: 'control' | 'all';
  /** Fences and continuous updates. */
  flow?: true;
  note?: NoteReader;
};

/** No client has more encodings to name than fit; a longer list is passed on without a look. */
const longestNotedBytes = 4 + 4 * 128;

/** RFC 6143 section 7.5, and the extensions that noVNC speaks (rfbproto, "Client to Server"). */
const messages: Readonly<Record<number, MessageKind>> = {
  0: { name: 'SetPixelFormat', header: 20, note: notePixelFormat },
  2: { name: 'SetEncodings', header: 4, rest: encodingsLength, note: noteEncodings },
  3: { name: 'FramebufferUpdateRequest', header: 10, note: noteUpdateRequest },
  4: { name: 'KeyEvent', header: 8, input: true, needs: 'control' },
  5: { name: 'PointerEvent', header: 6, rest: pointerLength, input: true, needs: 'control' },
  6: { name: 'ClientCutText', header: 8, rest: cutTextLength, input: true, needs: 'all' },
  150: { name: 'EnableContinuousUpdates', header: 10, flow: true, note: noteContinuousUpdates },
  248: { name: 'ClientFence', header: 9, rest: fenceLength, flow: true, note: noteFence },
  250: { name: 'xvp', header: 4, needs: 'all' },
  251: {
    name: 'SetDesktopSize',
    header: 8,
    rest: (header) => 16 * header.getUint8(6),
    needs: 'all',
  },
  255: { name: 'QEMU', header: 2, rest: qemuLength, input: true, needs: 'control' },
};

/**
 * The highest button marks an event that has a byte more, where the guest has agreed to that
 * (rfbproto, "ExtendedMouseButtons"); elsewhere it is a button. noVNC marks nothing before then.
 */
function pointerLength(header: DataView, { hasExtendedMouse }: Deps): number {
  return (header.getUint8(1) & 0x80) !== 0 && hasExtendedMouse() ? 1 : 0;
}

function encodingsLength(header: DataView): number {
  return 4 * header.getUint16(2);
}

/** A negative length is that of an extended clipboard message. */
function cutTextLength(header: DataView): number {
  const length = Math.abs(header.getInt32(4));
  if (length > longestCutText) throw new RfbSyntaxError(`clipboard of ${length} bytes`);
  return length;
}

function fenceLength(header: DataView): number {
  const length = header.getUint8(8);
  if (length > 64) throw new RfbSyntaxError(`fence of ${length} bytes`);
  return length;
}

/** Of QEMU's messages only the extended key event has a place here; audio is not offered. */
function qemuLength(header: DataView): number {
  const submessage = header.getUint8(1);
  if (submessage !== 0) throw new RfbSyntaxError(`QEMU message ${submessage}`);
  return 10;
}

/** What the next bytes belong to. */
type Expecting =
  | { kind: 'greeting' | 'security' | 'init' | 'type' }
  | { kind: 'header'; message: MessageKind }
  | { kind: 'noted'; message: MessageKind; length: number }
  | { kind: 'rest'; left: number };

export function createRfbClientParser(deps: Deps): RfbClientParser {
  const held = new Uint8Array(longestNotedBytes);
  const view = new DataView(held.buffer);
  let filled = 0;
  let expecting: Expecting = { kind: 'greeting' };
  let withholding = false;
  let notes: ClientNote[] = [];

  /** Takes one byte of a handshake, of a header, or of what is noted. */
  function take(byte: number): ClientActivity {
    switch (expecting.kind) {
      case 'greeting':
        if (byte !== greeting.charCodeAt(filled)) throw new RfbSyntaxError('greeting');
        filled += 1;
        if (filled === greeting.length) expect({ kind: 'security' });
        return 'none';
      case 'security':
        if (byte !== securityNone) throw new RfbSyntaxError(`security type ${byte}`);
        expect({ kind: 'init' });
        return 'none';
      case 'init':
        expect({ kind: 'type' });
        return 'none';
      case 'type':
        return beginMessage(byte);
      case 'header':
        hold(byte);
        if (filled === expecting.message.header) endHeader(expecting.message);
        return 'none';
      case 'noted':
        hold(byte);
        if (filled === expecting.length) endNoted(expecting.message);
        return 'none';
      case 'rest':
        throw new Error('the rest of a message is skipped, not read');
    }
  }

  function reaches({ needs }: MessageKind): boolean {
    return needs === undefined || deps.reach === 'all' || deps.reach === needs;
  }

  function hold(byte: number): void {
    held[filled] = byte;
    filled += 1;
  }

  function beginMessage(type: number): ClientActivity {
    const message = messages[type];
    if (message === undefined) throw new RfbSyntaxError(`message type ${type}`);
    withholding = (message.flow === true && deps.withholdsFlow()) || !reaches(message);
    held[0] = type;
    expect({ kind: 'header', message }, 1);
    return message.input ? 'input' : 'none';
  }

  function endHeader(message: MessageKind): void {
    const left = message.rest?.(view, deps) ?? 0;
    const length = message.header + left;
    if (message.note === undefined || length > held.length) passOver(left);
    else if (left === 0) endNoted(message);
    else expect({ kind: 'noted', message, length }, filled);
  }

  function endNoted({ note }: MessageKind): void {
    if (note !== undefined) notes.push(note(new DataView(held.buffer, 0, filled)));
    passOver(0);
  }

  function passOver(left: number): void {
    if (left > 0) {
      expect({ kind: 'rest', left });
    } else {
      withholding = false;
      expect({ kind: 'type' });
    }
  }

  function expect(next: Expecting, bytesOfIt = 0): void {
    expecting = next;
    filled = bytesOfIt;
  }

  /** Passes over payload without looking at it. */
  function skip(left: number, available: number): number {
    const skipped = Math.min(left, available);
    passOver(left - skipped);
    return skipped;
  }

  return {
    push: (bytes) => {
      notes = [];
      const passed: Uint8Array[] = [];
      let activity: ClientActivity = 'none';
      let from = 0;
      let at = 0;
      while (at < bytes.length) {
        const before = at;
        const wasWithholding = withholding;
        if (expecting.kind === 'rest') {
          at += skip(expecting.left, bytes.length - at);
        } else {
          // `at` is within bounds; the fallback is for the type checker.
          if (take(bytes[at] ?? 0) === 'input') activity = 'input';
          at += 1;
        }
        if (wasWithholding === withholding) continue;
        if (withholding && before > from) passed.push(bytes.subarray(from, before));
        from = at;
      }
      if (!withholding && at > from) passed.push(bytes.subarray(from, at));
      return { activity, passed, notes };
    },
    get isBetween() {
      return expecting.kind === 'type';
    },
  };
}
