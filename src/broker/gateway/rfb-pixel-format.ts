/** What a pixel takes up in the encodings, in bytes. */
export type PixelFormat = { pixelBytes: number; tightPixelBytes: number };

/** Reads a PIXEL_FORMAT (RFC 6143 section 7.4), of which `at` is the first byte. */
export function readPixelFormat(view: DataView, at: number): PixelFormat {
  const bits = view.getUint8(at);
  const depth = view.getUint8(at + 1);
  const isTrueColour = view.getUint8(at + 3) !== 0;
  const isByteEach = [4, 6, 8].every((offset) => view.getUint16(at + offset) === 255);
  const pixelBytes = bits / 8;
  // rfbproto, "Tight Encoding": a TPIXEL leaves out the byte that says nothing.
  const isShort = bits === 32 && depth === 24 && isTrueColour && isByteEach;
  return { pixelBytes, tightPixelBytes: isShort ? 3 : pixelBytes };
}
