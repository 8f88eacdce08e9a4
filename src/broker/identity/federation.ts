import * as client from 'openid-client';
import { type Clock, pause } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { SignInOrigin } from '../../contract/identity.ts';
import { type Claims, readIdentity, type VouchedIdentity } from './federated-claims.ts';
import type { IdentityProvider } from './federation-config.ts';
import { createPeer, type Peer } from './federation-peer.ts';

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
  /** Where a sign-in window may go, on the word of the providers as far as they have answered. */
  signInOrigins(): Promise<SignInOrigin[]>;
  /** Asks all providers anew where their endpoints are; failures are told, and tried again next time. */
  refresh(): Promise<void>;
};

type Deps = {
  clock: Clock;
  /** A provider did not say what it was asked. */
  onFault(error: unknown): void;
};

/** A provider that is slow to answer keeps terminals waiting for this long. */
const patienceMs = 3_000;

/**
 * Sign-in by other OpenID providers (OpenID Connect Core 1.0 section 3.1, with PKCE), to which the
 * broker is a client.
 * @throws config-invalid when a file that a provider names cannot be read
 */
export async function createFederation(
  settings: readonly IdentityProvider[],
  { clock, onFault }: Deps,
): Promise<Federation> {
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
        const claims = await claimsOf(configuration, attempt, answer);
        const identity = readIdentity(peer.settings, claims);
        if (identity.groups === null) onFault(new Error(tooManyGroups(peer.settings)));
        return identity;
      } catch (error) {
        throw asRefusal(error);
      }
    },

    signInOrigins: async () => {
      const all = [...peers.values()];
      await within(clock, patienceMs, Promise.all(all.map((peer) => peer.settled())));
      return all.flatMap(originsOf);
    },

    refresh: async () => {
      await Promise.all([...peers.values()].map((peer) => peer.discover().catch(onFault)));
    },
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

function tooManyGroups({ id, groupsClaim }: IdentityProvider): string {
  return `${id} lists "${groupsClaim}" elsewhere: the groups of before are kept. Have it send fewer.`;
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

/** Waits for the work to be done, or no longer than this. */
async function within(clock: Clock, milliseconds: number, work: Promise<unknown>): Promise<void> {
  const enough = new AbortController();
  const waited = pause(clock, milliseconds, enough.signal).catch(() => undefined); // ended below
  await Promise.race([work, waited]);
  enough.abort();
}
