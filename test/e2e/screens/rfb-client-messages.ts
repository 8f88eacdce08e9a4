export type ClientMessage = { type: number; body: Buffer };

/** A client's messages after the handshake, by the lengths of RFC 6143 section 7.5. */
export function messagesOf(input: Buffer): ClientMessage[] {
  const messages: ClientMessage[] = [];
  let rest = input.subarray(14);
  while (rest.length > 0) {
    const type = rest[0] ?? 0;
    const length = lengthOf(type, rest);
    if (length === null || length > rest.length) break;
    messages.push({ type, body: rest.subarray(0, length) });
    rest = rest.subarray(length);
  }
  return messages;
}

function lengthOf(type: number, rest: Buffer): number | null {
  switch (type) {
    case 0:
      return 20;
    case 2:
      return rest.length < 4 ? null : 4 + rest.readUInt16BE(2) * 4;
    case 3:
      return 10;
    case 4:
      return 8;
    case 5:
      return 6;
    case 251:
      return rest.length < 8 ? null : 8 + rest.readUInt8(6) * 16;
    case 255:
      return 12;
    default:
      throw new Error(`client message of type ${type}`);
  }
}
