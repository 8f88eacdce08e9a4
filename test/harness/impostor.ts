import { listen } from '../../src/broker/tls/listener.ts';
import type { ServerCertificate } from '../../src/broker/tls/server-certificate.ts';
import type { AsyncDisposable } from '../../src/contract/disposable.ts';

/** Somebody in a broker's place, who writes down all that is sent to it. */
export type Impostor = AsyncDisposable & {
  readonly origin: string;
  /** Request lines, headers and bodies, in the order that they came. */
  readonly received: string[];
};

/**
 * @param statements what it says of its keys: nothing keeps it from repeating what the broker says
 * @param port 0 for any
 */
export async function startImpostor(
  certificate: ServerCertificate,
  statements: readonly string[],
  port = 0,
): Promise<Impostor> {
  const listener = await listen({ host: '127.0.0.1', port, certificate });
  const received: string[] = [];
  listener.server.on('request', async (request, response) => {
    const body: Buffer[] = [];
    for await (const chunk of request) body.push(chunk);
    const lines = [`${request.method} ${request.url}`, ...request.rawHeaders];
    received.push([...lines, Buffer.concat(body).toString()].join('\n'));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ statements }));
  });
  listener.open();
  return {
    origin: `https://127.0.0.1:${listener.port}`,
    received,
    dispose: () => listener.close(),
  };
}
