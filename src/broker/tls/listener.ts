import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { ServerCertificate } from './server-certificate.ts';

/**
 * The broker's port. It is taken before there is anything to serve, because the broker is put
 * together around its own address. Until `open`, whoever connects finds nobody there.
 */
export type Listener = {
  readonly port: number;
  /** Its 'request' and 'upgrade' are for the broker to answer (Fastify's `serverFactory`). */
  readonly server: Server;
  open(): void;
  /** What new connections are shown from now on; those that are there stay. */
  show(certificate: ServerCertificate): void;
  /** Ends all connections. */
  close(): Promise<void>;
};

export type ListenerOptions = { host: string; port: number; certificate: ServerCertificate };

/** Until a request has to be there as a whole. */
const requestTimeoutMs = 30_000;
/** How often Node looks for requests that take longer; by default as rarely as that time itself. */
const connectionsCheckingInterval = 1_000;

/** @throws the system's error when this address cannot be listened at */
export async function listen({ host, port, certificate }: ListenerOptions): Promise<Listener> {
  let isOpen = false;
  const server = createServer({
    ...secureContextOf(certificate),
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval,
  });
  server.on('connection', (socket) => {
    if (!isOpen) socket.destroy();
  });
  server.listen({ host, port });
  await once(server, 'listening'); // rejects on 'error'
  const address = server.address();
  return {
    // A string is the path of a unix socket, which this is not.
    port: typeof address === 'string' || address === null ? port : address.port,
    server,
    open: () => {
      isOpen = true;
    },
    show: (next) => server.setSecureContext(secureContextOf(next)),
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function secureContextOf({ chain, key }: ServerCertificate) {
  return { cert: chain, key, minVersion: 'TLSv1.3' as const };
}
