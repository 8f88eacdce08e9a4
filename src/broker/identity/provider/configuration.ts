import {
  type Configuration,
  errors,
  type Interaction,
  interactionPolicy,
  type KoaContextWithOIDC,
} from 'oidc-provider';
import type { ErrorCode } from '../../../contract/errors.ts';
import { approvalPath, scopes, terminalClientId } from '../../../contract/identity.ts';
import type { Database } from '../../store/store.ts';
import type { IdentityKeys } from '../keys.ts';
import { createAccountGate, isRegistered, parseAccountId } from './accounts.ts';
import type { Artifacts } from './artifacts.ts';
import { clientsAt, pagesClientId } from './clients.ts';
import { type DeviceRequests, deviceFields } from './device-requests.ts';
import {
  accessTokenSeconds,
  authorizationCodeSeconds,
  deviceCodeSeconds,
  interactionSeconds,
  pageSessionSeconds,
  terminalGrantSeconds,
  terminalRefreshSeconds,
} from './lifetimes.ts';

export type ConfigurationDeps = {
  db: Database;
  keys: IdentityKeys;
  /** What the nonces of DPoP proofs are made of, here as at the API. */
  nonceSecret: Buffer;
  artifacts: Artifacts;
  deviceRequests: DeviceRequests;
  limits: { signInSeconds: number };
  renderError: RenderError;
};

/** Shows what went wrong to a person, where there is no client to tell it to. */
export type RenderError = NonNullable<Configuration['renderError']>;

export const oauthRoutes = {
  authorization: '/oauth/authorize',
  device_authorization: '/oauth/device',
  jwks: '/oauth/jwks',
  revocation: '/oauth/revoke',
  token: '/oauth/token',
  end_session: '/oauth/end-session',
  // A page of ours: oidc-provider only has to name it.
  code_verification: approvalPath,
} as const;

/** The page where the sign-in that an authorization request asks for takes place. */
export function signInPath(uid: string): string {
  return `/sign-in/${uid}`;
}

export function providerConfiguration(origin: string, deps: ConfigurationDeps): Configuration {
  const { db, keys, artifacts, deviceRequests, limits, nonceSecret, renderError } = deps;
  const cookie = { httpOnly: true, secure: true, signed: true, sameSite: 'lax' } as const;
  return {
    adapter: artifacts.adapter,
    clients: clientsAt(origin),
    clientBasedCORS: () => false,
    claims: { openid: ['sub'] },
    cookies: {
      keys: [keys.cookies],
      names: {
        session: '__Host-porthole-session',
        interaction: '__Secure-porthole-sign-in',
        resume: '__Secure-porthole-resume',
      },
      long: cookie,
      short: cookie,
    },
    enabledJWA: { dPoPSigningAlgValues: ['ES256'], idTokenSigningAlgValues: ['ES256'] },
    expiresWithSession: () => false,
    extraParams: deviceFields,
    features: {
      devInteractions: { enabled: false },
      deviceFlow: {
        enabled: true,
        charset: 'base-20',
        mask: '****-****',
        deviceInfo: deviceRequests.infoOf,
      },
      dPoP: {
        enabled: true,
        nonceSecret,
        requireNonce: () => true,
        allowReplay: false,
      },
      pushedAuthorizationRequests: { enabled: false },
      resourceIndicators: { enabled: false },
      revocation: {
        enabled: true,
        allowedPolicy: async (_ctx, client, token) => {
          if (token.clientId !== client.clientId) return false;
          if (token.kind !== 'AccessToken') return true;
          // oidc-provider would revoke the refresh tokens of the grant with it, which whoever has
          // an access token alone has no say in.
          await token.destroy();
          return false;
        },
      },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
    },
    findAccount: createAccountGate({ db }),
    interactions: {
      policy: signInPolicy(db),
      url: (_ctx, { uid }: Interaction) => signInPath(uid),
    },
    issueRefreshToken: () => true,
    jwks: { keys: [keys.signing] },
    loadExistingGrant: newGrant,
    pkce: { required: () => true },
    renderError,
    responseTypes: ['code', 'none'],
    rotateRefreshToken: true,
    routes: oauthRoutes,
    scopes: [...scopes.user.split(' '), scopes.terminal],
    ttl: {
      AccessToken: accessTokenSeconds,
      AuthorizationCode: authorizationCodeSeconds,
      DeviceCode: deviceCodeSeconds,
      Grant: (_ctx, { accountId = '', clientId }) => {
        if (parseAccountId(accountId)?.kind === 'terminal') return terminalGrantSeconds;
        return clientId === pagesClientId ? pageSessionSeconds : limits.signInSeconds;
      },
      IdToken: accessTokenSeconds,
      Interaction: interactionSeconds,
      RefreshToken: (ctx, { accountId }) => {
        if (parseAccountId(accountId)?.kind === 'terminal') return terminalRefreshSeconds;
        // A user has to sign in again at last, however often the token was renewed.
        return ctx.oidc.entities.RotatedRefreshToken?.remainingTTL ?? limits.signInSeconds;
      },
      Session: pageSessionSeconds,
    },
  };
}

/**
 * Who may be signed in, and when they have to. Nobody is asked for consent, because terminals and
 * pages are the broker's own.
 */
function signInPolicy(db: Database): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  policy.remove('consent');
  policy.get('login')?.checks.add(
    new interactionPolicy.Check(
      'terminal',
      'a terminal signs its user in each time',
      async (ctx) => {
        if (ctx.oidc.client?.clientId !== terminalClientId) return false;
        await assertTerminal(db, ctx);
        return ctx.oidc.result?.login === undefined;
      },
    ),
  );
  return policy;
}

/** A sign-in page that anybody could open would be one to try passwords at. */
async function assertTerminal(db: Database, ctx: KoaContextWithOIDC): Promise<void> {
  const jkt = ctx.oidc.params?.dpop_jkt;
  if (typeof jkt === 'string' && (await isRegistered(db, jkt))) return;
  const code: ErrorCode = 'terminal-unknown';
  throw new errors.CustomOIDCProviderError('access_denied', code);
}

/** Each sign-in has a grant of its own, so that it can be revoked without the others. */
async function newGrant({ oidc }: KoaContextWithOIDC) {
  if (oidc.account === undefined || oidc.client === undefined) return undefined;
  const { accountId } = oidc.account;
  const grant = new oidc.provider.Grant({ accountId, clientId: oidc.client.clientId });
  grant.addOIDCScope(oidc.requestParamOIDCScopes);
  await grant.save();
  return grant;
}
