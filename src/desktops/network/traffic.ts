import type { Socket } from 'node:net';

/** Bytes between a guest and its proxy, as the guest sees them. */
export type Traffic = { receivedBytes: number; sentBytes: number };

/** With what went over a connection that a guest has opened. Pure. */
export function withConnection(
  { receivedBytes, sentBytes }: Traffic,
  { bytesRead, bytesWritten }: Pick<Socket, 'bytesRead' | 'bytesWritten'>,
): Traffic {
  return { receivedBytes: receivedBytes + bytesWritten, sentBytes: sentBytes + bytesRead };
}
