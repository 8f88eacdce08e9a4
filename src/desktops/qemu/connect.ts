import { createConnection, type Socket } from 'node:net';
import { type Clock, pause } from '../../contract/clock.ts';

const retryMs = 2;

/**
 * Connects to a unix socket that another process is about to open: tries until it is there.
 * @throws the signal's reason when it is aborted before.
 */
export async function connectWhenThere(
  path: string,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<Socket> {
  for (;;) {
    signal.throwIfAborted();
    const socket = await tryToConnect(path);
    if (socket !== null) return socket;
    await pause(clock, retryMs, signal);
  }
}

/** Null when nobody listens there. */
export function tryToConnect(path: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
    // Missing, refused or already stale: for the caller they are one, since the remedy is the same.
    socket.once('error', () => resolve(null));
  });
}
