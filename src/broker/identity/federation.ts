import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as client from 'openid-client';
import { CodedError } from '../../contract/errors.ts';
import type { SignInOrigin } from '../../contract/identity.ts';
import { type Claims, readIdentity, type VouchedIdentity } from './federated-claims.ts';
import type { IdentityProvider } from './federation-config.ts';
import { createProviderFetch } from './provider-fetch.ts';

/** What has to be remembered until the identity provider sends the user back. All of it secret. */
export type FederatedAttempt = {
  provider: string;
  state: string;
  nonce: string;
  /** PKCE (RFC 7636). */
  verifier: string;
};

type Hints = { username: string | null; languages: string | null };

export type Federation = {
  readonly providers: readonly { id: string; name: string }[];
  /**
   * Where to send the user, and what to remember of it.
   * @throws not-found, identity-provider-unreachable
   */
  begin(
    provider: string,
    redirectUri: string,
    hints: Hints,
  ): Promise<{ url: string; attempt: FederatedAttempt }>;
  /**
   * Whom the provider vouches for.
   * @param answer the address that it sent the user back to
   * @throws identity-provider-refused, identity-provider-unreachable
   */
  finish(attempt: FederatedAttempt, answer: URL): Promise<VouchedIdentity>;
  /** Where a sign-in window may go, as far as is known: a provider's own word is read when asked. */
  signInOrigins(): SignInOrigin[];
};

const timeoutSeconds = 10;

/** A configured provider, discovered when first used; after a failure it is tried anew. */
type Peer = {
  settings: IdentityProvider;
  anchors: readonly string[];
  configuration(): Promise<client.Configuration>;
  /** Of the authorization endpoint, once it is known. */
  origin(): string | null;
};

/**
 * Sign-in by other OpenID providers (OpenID Connect Core 1.0 section 3.1, with PKCE), to which the
 * broker is a client.
 * @throws config-invalid when a file that a provider names cannot be read
 */
export async function createFederation(settings: readonly IdentityProvider[]): Promise<Federation> {
  const peers = new Map<string, Peer>();
  for (const each of settings) peers.set(each.id, await createPeer(each));

  function peerOf(id: string): Peer {
    const peer = peers.get(id);
    if (peer === undefined) throw new CodedError('not-found');
    return peer;
  }

  return {
    providers: settings.map(({ id, name }) => ({ id, name })),

    begin: async (id, redirectUri, hints) => {
      const peer = peerOf(id);
      const configuration = await peer.configuration();
      const attempt: FederatedAttempt = {
        provider: id,
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
      };
      const url = client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: [...new Set(['openid', ...peer.settings.scopes])].join(' '),
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: 'S256',
        ...(hints.username === null ? {} : { login_hint: hints.username }),
        ...(hints.languages === null ? {} : { ui_locales: hints.languages }),
      });
      return { url: url.href, attempt };
    },

    finish: async (attempt, answer) => {
      const peer = peerOf(attempt.provider);
      const configuration = await peer.configuration();
      try {
        return readIdentity(peer.settings, await claimsOf(configuration, attempt, answer));
      } catch (error) {
        throw asRefusal(error);
      }
    },

    signInOrigins: () => [...peers.values()].flatMap(originsOf),
  };
}

async function createPeer(settings: IdentityProvider): Promise<Peer> {
  const ca = await readSetting(settings, 'caFile');
  const secret = await readSetting(settings, 'clientSecretFile');
  let discovered: Promise<client.Configuration> | null = null;
  let origin: string | null = null;

  async function discover(): Promise<client.Configuration> {
    try {
      const configuration = await client.discovery(
        new URL(settings.issuer),
        settings.clientId,
        {},
        secret === null ? client.None() : client.ClientSecretBasic(secret.trim()),
        { [client.customFetch]: createProviderFetch(ca), timeout: timeoutSeconds },
      );
      const endpoint = configuration.serverMetadata().authorization_endpoint;
      if (endpoint === undefined) throw new Error('it names no authorization endpoint');
      origin = new URL(endpoint).origin;
      return configuration;
    } catch (error) {
      discovered = null;
      throw new CodedError('identity-provider-unreachable', { cause: error });
    }
  }

  return {
    settings,
    anchors: ca === null ? [] : anchorsOf(settings, ca),
    configuration: () => {
      discovered ??= discover();
      return discovered;
    },
    origin: () => origin,
  };
}

async function claimsOf(
  configuration: client.Configuration,
  attempt: FederatedAttempt,
  answer: URL,
): Promise<Claims> {
  const tokens = await client.authorizationCodeGrant(configuration, answer, {
    pkceCodeVerifier: attempt.verifier,
    expectedState: attempt.state,
    expectedNonce: attempt.nonce,
    idTokenExpected: true,
  });
  const vouched = tokens.claims();
  if (vouched === undefined) throw new CodedError('identity-provider-refused');
  if (configuration.serverMetadata().userinfo_endpoint === undefined) return vouched;
  // Many providers keep groups out of the ID token.
  const more = await client.fetchUserInfo(configuration, tokens.access_token, vouched.sub);
  return { ...more, ...vouched };
}

function asRefusal(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  // The client library wraps what the fetch that it was given throws.
  if (error instanceof Error && error.cause instanceof CodedError) return error.cause;
  return new CodedError('identity-provider-refused', { cause: error });
}

function originsOf({ settings, anchors, origin }: Peer): SignInOrigin[] {
  const known = [new URL(settings.issuer).origin, origin(), ...settings.origins];
  return [...new Set(known)]
    .filter((each) => each !== null)
    .map((each) => ({ origin: each, anchors: [...anchors] }));
}

async function readSetting(
  settings: IdentityProvider,
  field: 'caFile' | 'clientSecretFile',
): Promise<string | null> {
  const file = settings[field];
  if (file === undefined) return null;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw invalid(settings, field, error);
  }
}

/** Digests of the public keys of all certificates in a PEM file (see SignInOrigin). */
function anchorsOf(settings: IdentityProvider, pem: string): string[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs) ?? [];
  try {
    if (blocks.length === 0) throw new Error('it holds no certificate');
    return blocks.map((block) => {
      const { publicKey } = new X509Certificate(block);
      const spki = publicKey.export({ type: 'spki', format: 'der' });
      return createHash('sha256').update(spki).digest('base64url');
    });
  } catch (error) {
    throw invalid(settings, 'caFile', error);
  }
}

function invalid(settings: IdentityProvider, field: string, cause: unknown): CodedError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const detail = `identityProviders.${settings.id}.${field}: ${reason}`;
  return new CodedError('config-invalid', { detail, cause });
}
