import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';
import type { ServerCertificate } from '../../src/broker/tls/server-certificate.ts';

/** What the provider knows of its people, by the name that they sign in with. */
export type Directory = Map<string, { name: string; groups: string[] }>;

type Options = {
  certificate: ServerCertificate;
  directory: Directory;
  clientId: string;
  clientSecret: string;
  /** Known once the broker listens, which needs this provider's address first. */
  redirectUri(): string;
};

/** An organization's own OpenID provider, with pages where any password is right. */
export async function startIdentityProvider(options: Options) {
  const { certificate, directory, clientId, clientSecret, redirectUri } = options;
  const server = createServer({ cert: certificate.chain, key: certificate.key });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // `address()` is text for pipes only.
  const { port } = server.address() as AddressInfo;
  const issuer = `https://localhost:${port}`;
  let provider: Provider | null = null;

  /** Made at the first request, when the broker's address is known. */
  function create(): Provider {
    return new Provider(issuer, {
      clients: [
        { client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri()] },
      ],
      claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'] },
      findAccount: (_ctx, id) => ({
        accountId: id,
        claims: () => ({ sub: `subject of ${id}`, preferred_username: id, ...directory.get(id) }),
      }),
      pkce: { required: () => true },
      cookies: { keys: ['only for tests'] },
      // Only said because the provider warns, at length, where nothing is.
      ttl: { AccessToken: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    });
  }

  server.on('request', (request, response) => {
    provider ??= create();
    provider.callback()(request, response);
  });
  return {
    issuer,
    dispose: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
