/** Encodings by which a client says that it knows them (rfbproto). */
export const flowEncodings = { fence: -312, continuousUpdates: -313 } as const;

/** Flag of a Fence that wants an answer; one without it is an answer. */
export const fenceRequest = 0x8000_0000;

/** EndOfContinuousUpdates: also says, the first time, that there are any. */
export const endOfContinuousUpdates: Uint8Array = Uint8Array.of(150);

/**
 * Asks to be told once everything before it was taken (BlockBefore, the lowest flag).
 * @param id comes back with the answer
 */
export function fenceWith(id: number): Uint8Array {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(id);
  return fence(fenceRequest + 1, payload);
}

/** Answers a client's fence with none of what it asked for but the answer. */
export function fenceAnswer(payload: Uint8Array): Uint8Array {
  return fence(0, payload);
}

/** FramebufferUpdateRequest of what has changed (RFC 6143 section 7.5.3). */
export function requestOf(area: Uint8Array): Uint8Array {
  return Uint8Array.of(3, 1, ...area);
}

/**
 * QEMU extended key event (rfbproto): lets go of the key without keysym and scan code, which there is
 * none of, so that to the guest it means nothing.
 */
export const noKey: Uint8Array = Uint8Array.of(255, 0, ...new Array<number>(10).fill(0));

/** The fence that an answer is to; null when it is none of ours. */
export function fenceOf(payload: Uint8Array): number | null {
  return payload.length === 4 ? Buffer.from(payload).readUInt32BE() : null;
}

function fence(flags: number, payload: Uint8Array): Uint8Array {
  const head = Buffer.alloc(9);
  head.writeUInt8(248);
  head.writeUInt32BE(flags, 4);
  head.writeUInt8(payload.length, 8);
  return Buffer.concat([head, payload]);
}
