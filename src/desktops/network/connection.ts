import { connect, type Socket } from 'node:net';
import type { Clock } from '../../contract/clock.ts';

/** Milliseconds that a host has to take a connection, and that one may be silent. */
export const limits = { connectMs: 10_000, silentMs: 30 * 60_000 } as const;

/** Why there is no connection. */
export class NoConnection extends Error {
  readonly late: boolean;

  constructor(late: boolean, cause?: unknown) {
    super(late ? 'no answer in time' : 'unreachable', { cause });
    this.late = late;
  }
}

/** Connects to an address that was judged. @throws NoConnection */
export function connectTo(
  { address, port }: { address: string; port: number },
  clock: Clock,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, allowHalfOpen: true });
    const fail = (late: boolean, cause?: unknown) => {
      timer.dispose();
      socket.destroy();
      reject(new NoConnection(late, cause));
    };
    const timer = clock.after(limits.connectMs, () => fail(true));
    const onError = (cause: unknown) => fail(false, cause);
    socket.once('error', onError);
    socket.once('connect', () => {
      timer.dispose();
      socket.off('error', onError);
      socket.setTimeout(limits.silentMs, () => socket.destroy());
      resolve(socket);
    });
  });
}
