/**
 * Finds where the first frame begins in what an RFB server sends (RFC 6143 section 7.1 to 7.3,
 * version 3.8, security type None): behind the greeting, the list of security types, the result of
 * the security handshake, and the description of the screen with its name.
 */
export type FirstFrame = {
  /** Takes the next bytes, split anywhere; true once any byte behind the handshake was seen. */
  push(bytes: Uint8Array): boolean;
};

const greetingLength = 12;
const resultLength = 4;
const screenLength = 24;

/** How many bytes a part has, given those of the part before it. */
type Part = (lastBytes: DataView) => number;

const parts: readonly Part[] = [
  () => greetingLength,
  () => 1,
  (count) => count.getUint8(0),
  () => resultLength,
  () => screenLength,
  (screen) => screen.getUint32(20),
];

export function createFirstFrame(): FirstFrame {
  const bytesOfPart = new Uint8Array(screenLength);
  const view = new DataView(bytesOfPart.buffer);
  let part = 0;
  let length = greetingLength;
  let filled = 0;

  function nextPart(): void {
    part += 1;
    filled = 0;
    length = parts[part]?.(view) ?? 0;
  }

  return {
    push: (bytes) => {
      let at = 0;
      while (part < parts.length && at < bytes.length) {
        const taken = Math.min(length - filled, bytes.length - at);
        if (filled + taken <= bytesOfPart.length) {
          bytesOfPart.set(bytes.subarray(at, at + taken), filled);
        }
        at += taken;
        filled += taken;
        // A part of no bytes, such as an empty name, is over as soon as it begins.
        while (part < parts.length && filled === length) nextPart();
      }
      return part === parts.length && at < bytes.length;
    },
  };
}
