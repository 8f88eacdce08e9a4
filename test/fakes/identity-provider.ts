import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';
import type { ServerCertificate } from '../../src/broker/tls/server-certificate.ts';

/** What the provider knows of its people, by the name that they sign in with. */
export type Directory = Map<string, { name: string; groups: string[] }>;

type Options = {
  /** For `localhost`. */
  certificate: ServerCertificate;
  directory: Directory;
  clientId: string;
  clientSecret: string;
  /** May change: a broker has to know this provider before it has an address of its own. */
  redirectUri(): string;
};

/**
 * An organization's own OpenID provider, with pages where any password is right. As with the large
 * ones, people sign in at another origin than the issuer's.
 */
export async function startIdentityProvider(options: Options) {
  const { certificate, directory, clientId, clientSecret, redirectUri } = options;
  const tls = { cert: certificate.chain, key: certificate.key };
  const servers = [createServer(tls), createServer(tls)] as const;
  const [issuer, signInOrigin] = await Promise.all([listen(servers[0]), listen(servers[1])]);
  let current: { provider: Provider; answersTo: string } | null = null;

  function create(answersTo: string): Provider {
    const made = new Provider(issuer, {
      clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [answersTo] }],
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
    made.use(async (context, next) => {
      await next();
      if (context.path !== '/.well-known/openid-configuration') return;
      context.body = { ...context.body, authorization_endpoint: `${signInOrigin}/auth` };
    });
    return made;
  }

  for (const server of servers) {
    server.on('request', (request, response) => {
      const answersTo = redirectUri();
      if (current?.answersTo !== answersTo) current = { provider: create(answersTo), answersTo };
      current.provider.callback()(request, response);
    });
  }
  return {
    issuer,
    signInOrigin,
    async dispose() {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // `address()` is text for pipes only.
  const { port } = server.address() as AddressInfo;
  return `https://localhost:${port}`;
}
