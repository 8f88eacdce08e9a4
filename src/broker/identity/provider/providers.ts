import type { FastifyRequest } from 'fastify';
import type { Provider } from 'oidc-provider';
import { CodedError } from '../../../contract/errors.ts';

/** The broker as an OAuth 2.0 and OpenID Connect provider. */
export type Providers = {
  /** The provider whose issuer is this origin. @throws not-found where the broker is not reached */
  at(origin: string): Provider;
};

type Deps = {
  /** Where the broker is reached. */
  origins(): ReadonlySet<string>;
  create(origin: string): Provider;
};

/**
 * One provider for each origin: the issuer of a provider has to be the very address at which its
 * metadata is found (RFC 8414 section 3.3). They share keys and store.
 */
export function createProviders({ origins, create }: Deps): Providers {
  const made = new Map<string, Provider>();
  return {
    at: (origin) => {
      if (!origins().has(origin)) throw new CodedError('not-found', { detail: 'origin' });
      const known = made.get(origin);
      if (known !== undefined) return known;
      const provider = create(origin);
      made.set(origin, provider);
      return provider;
    },
  };
}

/** The origin that a request came to. There is none without TLS. */
export function originOf(request: FastifyRequest): string {
  const url = `https://${request.host}`;
  return URL.canParse(url) ? new URL(url).origin : '';
}
