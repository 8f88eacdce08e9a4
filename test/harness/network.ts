import { once } from 'node:events';
import { createServer, type NetConnectOpts, connect as open, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import type { AsyncDisposable } from '../../src/contract/disposable.ts';

/**
 * A TCP relay in front of a server, as the network between terminal and broker: it can be cut and
 * healed, and it can hold each byte back for half a round trip each way.
 */
export type Network = AsyncDisposable & {
  readonly port: number;
  /** Drops every connection and refuses new ones: both ends are told at once. */
  cut(): void;
  /** Swallows every byte from now on and tells nobody, as a network does that is just gone. */
  stall(): void;
  /** After `cut` or `stall`. What was swallowed stays lost, and its connections with it. */
  heal(): void;
  setRoundTrip(ms: number): void;
};

/** @param target asked with each connection, since a restarted server may have moved. */
export async function startNetwork(target: () => NetConnectOpts): Promise<Network> {
  const sockets = new Set<Socket>();
  let isCut = false;
  let isStalled = false;
  let oneWayMs = 0;

  const server = createServer({ noDelay: true }, (near) => {
    if (isCut) {
      near.resetAndDestroy();
      return;
    }
    if (isStalled) {
      keep(near);
      return;
    }
    const far = open(target());
    far.setNoDelay();
    join(near, far);
    join(far, near);
  });

  function join(from: Socket, to: Socket): void {
    keep(from);
    from.on('close', () => to.destroy());
    from.pipe(delayBy(() => oneWayMs)).pipe(to);
  }

  function keep(socket: Socket): void {
    sockets.add(socket);
    // 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the relay needs a port');
  return {
    port: address.port,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.resetAndDestroy();
    },
    stall() {
      isStalled = true;
      for (const socket of sockets) {
        socket.unpipe();
        socket.removeAllListeners('data');
        socket.resume();
      }
    },
    heal() {
      if (isStalled) for (const socket of sockets) socket.destroy();
      isCut = false;
      isStalled = false;
    },
    setRoundTrip(ms) {
      oneWayMs = ms / 2;
    },
    async dispose() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Passes each chunk on that much later, in order and without limiting how many are on the way. */
function delayBy(ms: () => number): Transform {
  return new Transform({
    readableHighWaterMark: 64 * 1024 * 1024,
    transform(chunk, _encoding, done) {
      if (ms() === 0) {
        done(null, chunk);
        return;
      }
      setTimeout(() => this.push(chunk), ms());
      done();
    },
    flush(done) {
      setTimeout(done, ms());
    },
  });
}
