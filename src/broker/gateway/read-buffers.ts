/**
 * Buffers that a socket reads into, used again once their bytes were sent on: a stream at full
 * speed then allocates nothing and copies nothing between its two sockets.
 */
export type ReadBuffers = {
  /** A buffer that nobody else has. */
  take(): Buffer;
  giveBack(buffer: Buffer): void;
};

/** What one read of a unix socket yields at most, with Linux's default send buffer. */
export const readBufferBytes = 256 * 1024;

/** Kept for the next burst; what a burst needed beyond that is left to the garbage collector. */
const keptBuffers = 8;

export function createReadBuffers(): ReadBuffers {
  const free: Buffer[] = [];
  return {
    take: () => free.pop() ?? Buffer.allocUnsafeSlow(readBufferBytes),
    giveBack: (buffer) => {
      if (free.length < keptBuffers) free.push(buffer);
    },
  };
}
