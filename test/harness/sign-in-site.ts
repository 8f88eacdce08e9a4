import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { chainDigests } from '../../main/security/broker-certificates.ts';
import {
  type Authority,
  createAuthority,
  issueCertificate,
} from '../../src/broker/tls/authority.ts';
import type { AsyncDisposable } from '../../src/contract/disposable.ts';
import type { SignInOrigin } from '../../src/contract/identity.ts';

export type Visit = { method: string; path: string; cookie: string | null; body: string };
type Answer = { status?: number; headers?: Record<string, string>; body?: string };

/** A site by TLS, which answers by path and remembers who came. */
export type Site = AsyncDisposable & {
  readonly origin: SignInOrigin;
  readonly visits: readonly Visit[];
};

/**
 * @param pages path → answer; other paths are not found
 * @param authority of its certificate; without it, one of its own
 */
export async function startSite(
  host: string,
  pages: Readonly<Record<string, (visit: Visit) => Answer>>,
  authority?: Authority,
): Promise<Site> {
  authority ??= await createAuthority(Date.now());
  const { chain, key } = await issueCertificate(authority, [host], Date.now());
  const visits: Visit[] = [];
  const server = createServer({ cert: chain, key }, (request, response) => {
    void answer(request, response);
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const visit = {
      method,
      path: url.split('?')[0] ?? '',
      cookie: request.headers.cookie ?? null,
      body: Buffer.concat(await request.toArray()).toString('utf8'),
    };
    visits.push(visit);
    const { status = 200, headers = {}, body = '' } = pages[visit.path]?.(visit) ?? { status: 404 };
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers });
    response.end(body);
  }

  const address = host === 'localhost' ? '127.0.0.1' : host;
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  // It listens on a port, so that its address is not a path.
  const { port } = server.address() as AddressInfo;
  const pem = chain.match(/-----BEGIN[^-]*-----[^-]*-----END[^-]*-----/g) ?? [];
  return {
    origin: {
      origin: `https://${host}:${port}`,
      anchors: chainDigests(pem, host, Date.now()).slice(-1),
    },
    visits,
    async dispose() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
