/**
 * Follows what a client sends in RFB (RFC 6143, version 3.8, security type None), to let nothing
 * else through to a guest and to see when the user does something. It looks at lengths and types
 * only and copies no payload: what it holds of a message is its header, 20 bytes at most.
 */
export type ClientActivity = 'none' | 'input';

export type RfbClientParser = {
  /**
   * Takes the next bytes, split anywhere. Tells whether they held a key, a pointer or a clipboard
   * message. @throws RfbSyntaxError, after which the connection is of no use.
   */
  push(bytes: Uint8Array): ClientActivity;
};

export class RfbSyntaxError extends Error {
  override readonly name = 'RfbSyntaxError';
}

const greeting = 'RFB 003.008\n';
const securityNone = 1;

/** The longest clipboard that is let through, in bytes. */
const longestCutText = 16 * 1024 * 1024;

type MessageKind = {
  name: string;
  /** Bytes up to where the length of the whole message is known, the type byte included. */
  header: number;
  /** Bytes that follow the header, which is complete. */
  rest?: (header: DataView) => number;
  input?: true;
};

/** RFC 6143 section 7.5, and the extensions that noVNC speaks (rfbproto, "Client to Server"). */
const messages: Readonly<Record<number, MessageKind>> = {
  0: { name: 'SetPixelFormat', header: 20 },
  2: { name: 'SetEncodings', header: 4, rest: (header) => 4 * header.getUint16(2) },
  3: { name: 'FramebufferUpdateRequest', header: 10 },
  4: { name: 'KeyEvent', header: 8, input: true },
  5: { name: 'PointerEvent', header: 6, input: true },
  6: { name: 'ClientCutText', header: 8, rest: cutTextLength, input: true },
  150: { name: 'EnableContinuousUpdates', header: 10 },
  248: { name: 'ClientFence', header: 9, rest: fenceLength },
  250: { name: 'xvp', header: 4 },
  251: { name: 'SetDesktopSize', header: 8, rest: (header) => 16 * header.getUint8(6) },
  255: { name: 'QEMU', header: 2, rest: qemuLength, input: true },
};

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
  | { kind: 'rest'; left: number };

export function createRfbClientParser(): RfbClientParser {
  const header = new Uint8Array(20);
  const view = new DataView(header.buffer);
  let filled = 0;
  let expecting: Expecting = { kind: 'greeting' };

  /** Takes one byte of a handshake or header. */
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
        header[filled] = byte;
        filled += 1;
        if (filled === expecting.message.header) endHeader(expecting.message);
        return 'none';
      case 'rest':
        throw new Error('the rest of a message is skipped, not read');
    }
  }

  function beginMessage(type: number): ClientActivity {
    const message = messages[type];
    if (message === undefined) throw new RfbSyntaxError(`message type ${type}`);
    header[0] = type;
    expect({ kind: 'header', message }, 1);
    return message.input ? 'input' : 'none';
  }

  function endHeader(message: MessageKind): void {
    const left = message.rest?.(view) ?? 0;
    expect(left === 0 ? { kind: 'type' } : { kind: 'rest', left });
  }

  function expect(next: Expecting, bytesOfIt = 0): void {
    expecting = next;
    filled = bytesOfIt;
  }

  /** Passes over payload without looking at it. */
  function skip(left: number, available: number): number {
    const skipped = Math.min(left, available);
    expect(skipped === left ? { kind: 'type' } : { kind: 'rest', left: left - skipped });
    return skipped;
  }

  return {
    push: (bytes) => {
      let activity: ClientActivity = 'none';
      let at = 0;
      while (at < bytes.length) {
        if (expecting.kind === 'rest') {
          at += skip(expecting.left, bytes.length - at);
          continue;
        }
        // `at` is within bounds; the fallback is for the type checker.
        if (take(bytes[at] ?? 0) === 'input') activity = 'input';
        at += 1;
      }
      return activity;
    },
  };
}
