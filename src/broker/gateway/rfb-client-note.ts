import { type PixelFormat, readPixelFormat } from './rfb-pixel-format.ts';

/** What a client says about how it wants to be served. */
export type ClientNote =
  | { kind: 'encodings'; encodings: ReadonlySet<number> }
  | { kind: 'pixel-format'; format: PixelFormat }
  | { kind: 'update-request' }
  /** The area is the one of an update request: x, y, width and height, as they were sent. */
  | { kind: 'continuous-updates'; enabled: boolean; area: Uint8Array }
  | { kind: 'fence'; flags: number; payload: Uint8Array };

/** @param message whole, and written over once this returns */
export type NoteReader = (message: DataView) => ClientNote;

export function noteEncodings(message: DataView): ClientNote {
  const encodings = new Set<number>();
  for (let at = 4; at < message.byteLength; at += 4) encodings.add(message.getInt32(at));
  return { kind: 'encodings', encodings };
}

export function notePixelFormat(message: DataView): ClientNote {
  return { kind: 'pixel-format', format: readPixelFormat(message, 4) };
}

export function noteUpdateRequest(): ClientNote {
  return updateRequest;
}

const updateRequest = { kind: 'update-request' } as const;

export function noteContinuousUpdates(message: DataView): ClientNote {
  const enabled = message.getUint8(1) !== 0;
  return { kind: 'continuous-updates', enabled, area: copy(message, 2) };
}

export function noteFence(message: DataView): ClientNote {
  return { kind: 'fence', flags: message.getUint32(4), payload: copy(message, 9) };
}

function copy(message: DataView, from: number): Uint8Array {
  return new Uint8Array(message.buffer, 0, message.byteLength).slice(from);
}
