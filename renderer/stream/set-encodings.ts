const messageType = 2;
/** JPEG quality levels 0 to 9 (rfbproto, "JPEG Quality Level Pseudo-encoding"). */
const qualityLevels = { from: -32, to: -23 } as const;

/**
 * SetEncodings (RFC 6143 section 7.5.2) without any level of quality, by which a server sends
 * nothing but exact pixels; another message as it is.
 */
export function withoutQuality(message: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (message[0] !== messageType) return message;
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const kept = Array.from({ length: view.getUint16(2) }, (_, at) =>
    view.getInt32(4 + 4 * at),
  ).filter((encoding) => encoding < qualityLevels.from || encoding > qualityLevels.to);
  const shorter = new DataView(new ArrayBuffer(4 + 4 * kept.length));
  shorter.setUint8(0, messageType);
  shorter.setUint16(2, kept.length);
  for (const [at, encoding] of kept.entries()) shorter.setInt32(4 + 4 * at, encoding);
  return new Uint8Array(shorter.buffer);
}
