import type { ClientMetadata } from 'oidc-provider';
import {
  grantTypes,
  scopes,
  signInRedirectUri,
  terminalClientId,
} from '../../../contract/identity.ts';

/** The broker's own pages, whose sign-in gives a browser a session and no tokens. */
export const pagesClientId = 'porthole-pages';

/** Where the sign-in of the broker's own pages ends. */
export const pagesRedirectPath = '/pages/signed-in';

const publicClient = {
  token_endpoint_auth_method: 'none',
  id_token_signed_response_alg: 'ES256',
} as const;

/** Everybody who may ask for tokens; nobody can be added. */
export function clientsAt(origin: string): ClientMetadata[] {
  return [
    {
      ...publicClient,
      client_id: terminalClientId,
      application_type: 'native',
      dpop_bound_access_tokens: true,
      grant_types: ['authorization_code', 'refresh_token', ...Object.values(grantTypes)],
      redirect_uris: [signInRedirectUri],
      response_types: ['code'],
      scope: `${scopes.user} ${scopes.terminal}`,
    },
    {
      ...publicClient,
      client_id: pagesClientId,
      application_type: 'web',
      grant_types: [],
      redirect_uris: [new URL(pagesRedirectPath, origin).href],
      response_types: ['none'],
      scope: 'openid',
    },
  ];
}
