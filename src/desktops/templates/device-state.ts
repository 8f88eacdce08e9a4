import { createWriteStream } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { AsyncDisposable } from '../../contract/disposable.ts';

/** Where QEMU's migration stream is received. */
export type StateReceiver = AsyncDisposable & {
  /** Resolves when the sender has closed its end and all is in the file. */
  readonly received: Promise<void>;
};

/** Receives what the first to connect to the socket sends into the file, which must not exist. */
export async function receiveState(socket: string, file: string): Promise<StateReceiver> {
  const { promise: received, resolve, reject } = Promise.withResolvers<void>();
  received.catch(() => undefined); // whoever waits for it hears of it
  const sink = createWriteStream(file, { flags: 'wx', mode: 0o600 });
  const server = createServer((sender: Socket) => {
    server.close();
    pipeline(sender, sink).then(resolve, reject);
  });
  sink.once('error', reject);
  // QEMU may run as another user than we do; nobody else gets into the folder of the socket.
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen({ path: socket, readableAll: true, writableAll: true }, listening);
  });
  return {
    received,
    async dispose() {
      server.close();
      sink.destroy();
    },
  };
}
