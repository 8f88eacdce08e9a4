import { type PixelFormat, readPixelFormat } from './rfb-pixel-format.ts';
import { extensions, lastRectangle, skipRectangle } from './rfb-rectangles.ts';
import { readByte, type Step, skipCounted, UnknownSyntaxError, type Walk } from './rfb-walk.ts';

/** `flow`: a Fence or an EndOfContinuousUpdates, which only a server sends that paces itself. */
export type ServerMessageKind = 'handshake' | 'update' | 'flow' | 'other';

/** A message ends before the byte with this index. */
export type Boundary = { kind: ServerMessageKind; at: number };

/**
 * Follows what an RFB server sends (RFC 6143, version 3.8, security type None), to know where its
 * messages end. It copies no pixels: what it holds is a few bytes of a header.
 */
export type RfbServerParser = {
  /** Takes the next bytes, split anywhere. Gives the ends of messages among them, in order. */
  push(bytes: Uint8Array): readonly Boundary[];
  /** Whether any byte behind the handshake was seen. */
  readonly hasDrawn: boolean;
  /** Whether the last byte was the last of a message. */
  readonly isBetween: boolean;
  /** Of `extensions`, those that the server has said it understands. */
  readonly accepted: ReadonlySet<number>;
  /** What could not be followed; from then on there are no boundaries. */
  readonly lost: string | null;
  /** The client has asked for another one than the server offered, before the first update. */
  takeFormat(format: PixelFormat): void;
  /** Gives up, for a reason that is seen elsewhere. */
  lose(reason: string): void;
};

const none: readonly Boundary[] = [];
const allExtensions: ReadonlySet<number> = new Set(Object.values(extensions));

export function createRfbServerParser(): RfbServerParser {
  const header = new Uint8Array(32);
  const view = new DataView(header.buffer);
  const talk: Talk = { format: { pixelBytes: 4, tightPixelBytes: 3 }, accepted: new Set() };
  let walk = handshake(talk);
  let step: Step = { skip: 0 };
  let filled = 0;
  let left = 0;
  let hasDrawn = false;
  let isShaken = false;
  let isBetween = false;
  let lost: string | null = null;

  /** Takes bytes of the step that is under way. */
  function take(bytes: Uint8Array, at: number): number {
    const taken = Math.min(left, bytes.length - at);
    if ('read' in step) header.set(bytes.subarray(at, at + taken), filled);
    filled += taken;
    left -= taken;
    hasDrawn ||= isShaken;
    isBetween = false;
    return taken;
  }

  /** Goes on to the next step that takes any bytes. Tells what kind of message ended, if one did. */
  function advance(): ServerMessageKind | null {
    let ended: ServerMessageKind | null = null;
    while (left === 0) {
      const next = walk.next(view);
      if (next.done === true) {
        ended = next.value;
        isShaken = true;
        isBetween = true;
        walk = message(talk);
      } else {
        step = next.value;
        filled = 0;
        left = 'read' in step ? step.read : step.skip;
      }
    }
    return ended;
  }

  function follow(bytes: Uint8Array, boundaries: Boundary[]): void {
    let at = 0;
    while (at < bytes.length) {
      at += take(bytes, at);
      const kind = advance();
      if (kind !== null) boundaries.push({ kind, at });
    }
  }

  function lose(reason: string): void {
    lost ??= reason;
    isBetween = false;
  }

  advance();
  return {
    push: (bytes) => {
      if (lost !== null) return none;
      const boundaries: Boundary[] = [];
      try {
        follow(bytes, boundaries);
      } catch (error) {
        if (!(error instanceof UnknownSyntaxError)) throw error;
        lose(error.message);
      }
      return boundaries;
    },
    get hasDrawn() {
      return hasDrawn;
    },
    get isBetween() {
      return isBetween;
    },
    accepted: talk.accepted,
    get lost() {
      return lost;
    },
    takeFormat: (wanted) => {
      talk.format = wanted;
    },
    lose,
  };
}

/** What the messages so far have settled. */
type Talk = { format: PixelFormat; readonly accepted: Set<number> };

/** Sections 7.1 to 7.3: greeting, security types, result, and the screen with its name. */
function* handshake(talk: Talk): Walk<ServerMessageKind> {
  yield { skip: 12 };
  yield { skip: yield* readByte() };
  yield { skip: 4 };
  const screen = yield { read: 24 };
  talk.format = readPixelFormat(screen, 4);
  yield { skip: screen.getUint32(20) };
  return 'handshake';
}

/** Section 7.6, and the extensions that noVNC or QEMU speak. */
function* message(talk: Talk): Walk<ServerMessageKind> {
  const type = yield* readByte();
  switch (type) {
    case 0:
      yield* update(talk);
      return 'update';
    case 1: // SetColourMapEntries
      yield { skip: 6 * (yield { read: 5 }).getUint16(3) };
      return 'other';
    case 2: // Bell
      return 'other';
    case 3: // ServerCutText; a negative length is that of an extended clipboard message
      yield { skip: Math.abs((yield { read: 7 }).getInt32(3)) };
      return 'other';
    case 150: // EndOfContinuousUpdates
      return 'flow';
    case 248: // ServerFence
      yield { skip: (yield { read: 8 }).getUint8(7) };
      return 'flow';
    case 250: // xvp
      yield { skip: 3 };
      return 'other';
    case 255:
      yield* qemuMessage();
      return 'other';
    default:
      throw new UnknownSyntaxError(`message type ${type}`);
  }
}

function* update(talk: Talk): Walk {
  let rectangles = (yield { read: 3 }).getUint16(1);
  for (; rectangles > 0; rectangles -= 1) {
    const head = yield { read: 12 };
    const at = { width: head.getUint16(4), height: head.getUint16(6) };
    const encoding = head.getInt32(8);
    if (encoding === lastRectangle) return;
    if (allExtensions.has(encoding)) talk.accepted.add(encoding);
    yield* skipRectangle(encoding, at, talk.format);
  }
}

/** Audio: that it begins, ends, or a piece of it. */
function* qemuMessage(): Walk {
  const head = yield { read: 3 };
  const submessage = head.getUint8(0);
  if (submessage !== 1) throw new UnknownSyntaxError(`QEMU message ${submessage}`);
  const operation = head.getUint16(1);
  if (operation === 2) yield* skipCounted();
}
