import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  Configuration,
  type CustomFetchOptions,
  customFetch,
  type DeviceAuthorizationResponse,
  type DPoPHandle,
  discovery,
  fetchProtectedResource,
  genericGrantRequest,
  getDPoPHandle,
  initiateDeviceAuthorization,
  None,
  pollDeviceAuthorizationGrant,
  refreshTokenGrant,
  type ServerMetadata,
  type TokenEndpointResponse,
  tokenRevocation,
  WWWAuthenticateChallengeError,
} from 'openid-client';
import type { Clock } from '../contract/clock.ts';
import { CodedError, type ErrorCode } from '../contract/errors.ts';
import { terminalClientId } from '../contract/identity.ts';
import type { BrokerFetch } from './broker-fetch.ts';
import { signProof } from './device-key.ts';
import { codedError } from './oauth-errors.ts';
import type { Tokens } from './token-source.ts';

type OAuthDeps = { fetch: BrokerFetch; key: CryptoKeyPair; clock: Pick<Clock, 'now'> };

/** What OAuth's words for a refusal stand for in one request. */
type Meanings = Readonly<Record<string, ErrorCode>>;

/** Tokens, and what else the broker says beside them. */
export type Granted = Tokens & { extra: Readonly<Record<string, unknown>> };

/**
 * The terminal as a client of the broker's authorization server. Every token is bound to the key
 * (RFC 9449). What goes wrong is thrown as CodedError; `broker-answer-invalid` when a refusal has
 * no meaning here.
 */
export class OAuthClient {
  readonly origin: string;
  readonly #deps: OAuthDeps;
  #metadata: Promise<ServerMetadata> | null = null;
  #proofs: { grants: DPoPHandle; resources: DPoPHandle } | null = null;

  constructor(origin: string, deps: OAuthDeps) {
    this.origin = origin;
    this.#deps = deps;
  }

  /** RFC 8628 section 3.1, with a proof of the key that the tokens are to be bound to. */
  requestDevice(
    parameters: Record<string, string>,
    signal: AbortSignal,
  ): Promise<DeviceAuthorizationResponse> {
    return this.#ask(signal, {}, async (config) => {
      config[customFetch] = (url, init) => this.#fetchProven(url, requestOf(init), signal);
      return initiateDeviceAuthorization(config, parameters);
    });
  }

  /** Resolves once the request was approved (RFC 8628 section 3.4). */
  pollDevice(request: DeviceAuthorizationResponse, signal: AbortSignal): Promise<Granted> {
    const meanings: Meanings = {
      access_denied: 'enrollment-denied',
      expired_token: 'enrollment-expired',
    };
    return this.#grant(signal, meanings, (config, DPoP) =>
      pollDeviceAuthorizationGrant(config, request, undefined, { DPoP, signal }),
    );
  }

  /** A grant type of our own (RFC 6749 section 4.5). */
  extensionGrant(
    type: string,
    parameters: Record<string, string>,
    meanings: Meanings,
    signal?: AbortSignal,
  ): Promise<Granted> {
    return this.#grant(signal, meanings, (config, DPoP) =>
      genericGrantRequest(config, type, parameters, { DPoP }),
    );
  }

  /** Where to send a person who is to sign in (RFC 6749 section 4.1.1). */
  authorizationUrl(parameters: Record<string, string>, signal: AbortSignal): Promise<string> {
    return this.#ask(signal, {}, async (config) => buildAuthorizationUrl(config, parameters).href);
  }

  /** Redeems what the person was sent back with. */
  redeem(
    answer: string,
    checks: { pkceCodeVerifier: string; expectedState: string },
    meanings: Meanings,
    signal: AbortSignal,
  ): Promise<Granted> {
    return this.#grant(signal, meanings, (config, DPoP) =>
      authorizationCodeGrant(
        config,
        new URL(answer),
        { ...checks, idTokenExpected: true },
        undefined,
        { DPoP },
      ),
    );
  }

  /** @param refused what it means when the broker no longer takes the refresh token */
  refresh(refreshToken: string, refused: ErrorCode): Promise<Tokens> {
    return this.#grant(undefined, { invalid_grant: refused }, (config, DPoP) =>
      refreshTokenGrant(config, refreshToken, undefined, { DPoP }),
    );
  }

  revoke(refreshToken: string, signal: AbortSignal): Promise<void> {
    return this.#ask(signal, {}, (config) =>
      tokenRevocation(config, refreshToken, { token_type_hint: 'refresh_token' }),
    );
  }

  /** Sends a request that a token allows (RFC 9449 section 7); the answer may be a refusal. */
  fetchResource(
    token: string,
    url: URL,
    init: { method: string; headers: Headers; body: string | null },
    signal: AbortSignal | undefined,
  ): Promise<Response> {
    const { method, headers, body } = init;
    return this.#ask(signal, {}, async (config) => {
      const DPoP = this.#proofsOf(config).resources;
      try {
        return await fetchProtectedResource(config, token, url, method, body, headers, { DPoP });
      } catch (error) {
        if (error instanceof WWWAuthenticateChallengeError) return error.response;
        throw error;
      }
    });
  }

  async #grant(
    signal: AbortSignal | undefined,
    meanings: Meanings,
    request: (config: Configuration, DPoP: DPoPHandle) => Promise<TokenEndpointResponse>,
  ): Promise<Granted> {
    return this.#ask(signal, meanings, async (config) =>
      granted(await request(config, this.#proofsOf(config).grants)),
    );
  }

  async #ask<T>(
    signal: AbortSignal | undefined,
    meanings: Meanings,
    request: (config: Configuration) => Promise<T>,
  ): Promise<T> {
    try {
      return await request(await this.#configuration(signal));
    } catch (error) {
      signal?.throwIfAborted();
      throw codedError(error, meanings);
    }
  }

  /** One for each request, because openid-client knows no other way to give a request up. */
  async #configuration(signal: AbortSignal | undefined): Promise<Configuration> {
    this.#metadata ??= this.#discover().catch((error: unknown) => {
      this.#metadata = null;
      throw error;
    });
    const config = new Configuration(await this.#metadata, terminalClientId, undefined, None());
    config.timeout = 0;
    config[customFetch] = (url, init) =>
      this.#deps.fetch(url, requestOf(init), init.signal ?? signal);
    return config;
  }

  async #discover(): Promise<ServerMetadata> {
    const config = await discovery(new URL(this.origin), terminalClientId, undefined, None(), {
      [customFetch]: (url, init) => this.#deps.fetch(url, requestOf(init)),
    });
    return config.serverMetadata();
  }

  /** The broker gives one kind of nonce at its token endpoint and another at its API. */
  #proofsOf(config: Configuration): { grants: DPoPHandle; resources: DPoPHandle } {
    const { key } = this.#deps;
    this.#proofs ??= { grants: getDPoPHandle(config, key), resources: getDPoPHandle(config, key) };
    return this.#proofs;
  }

  /** openid-client sends no proof with a device authorization request. */
  async #fetchProven(url: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
    const { fetch, key, clock } = this.#deps;
    const send = async (nonce: string | null) => {
      const headers = new Headers(init.headers);
      headers.set('DPoP', await signProof(key, { method: 'POST', url, nonce, now: clock.now() }));
      return fetch(url, { ...init, headers }, signal);
    };
    const response = await send(null);
    const nonce = response.ok ? null : response.headers.get('DPoP-Nonce');
    return nonce === null ? response : send(nonce);
  }
}

function requestOf({ method, headers, body }: CustomFetchOptions): RequestInit {
  // Nothing that this client sends is a stream, so that a request can be sent twice.
  return { method, headers, body: textOf(body) };
}

function granted(response: TokenEndpointResponse): Granted {
  const { access_token, refresh_token, expires_in, ...extra } = response;
  if (refresh_token === undefined || response.token_type !== 'dpop') {
    throw new CodedError('broker-answer-invalid', { detail: 'a token that is not bound to a key' });
  }
  return {
    accessToken: access_token,
    refreshToken: refresh_token,
    expiresIn: expires_in ?? null,
    extra,
  };
}

function textOf(body: CustomFetchOptions['body']): string | null {
  if (body === null || body === undefined) return null;
  if (typeof body === 'string') return body;
  if (body instanceof URLSearchParams) return body.toString();
  throw new TypeError('the terminal sends forms and JSON only');
}
