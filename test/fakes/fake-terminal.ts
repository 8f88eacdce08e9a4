import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { hashSecret } from '../../src/broker/identity/secret.ts';
import { type RouteName, routes } from '../../src/contract/broker-api.ts';
import type { Route } from '../../src/contract/route.ts';
import { FakeOAuthClient } from './fake-oauth-client.ts';
import type { FakeTerminalDeps, Reply, Transport } from './transport.ts';

type KeyPair = { privateKey: CryptoKey; jwk: JWK };

export type SignedCall = {
  params?: Record<string, string>;
  query?: Record<string, string>;
  body?: unknown;
  /** Overrides the token that the route's `auth` calls for; null sends none. */
  token?: string | null;
  /** Overrides or, with undefined, drops claims of the proof. */
  claims?: Record<string, unknown>;
  /** Overrides the header of the proof. */
  header?: Record<string, unknown>;
  /** Sends this for a proof; null sends none. */
  proof?: string | null;
  /** What else is sent along. */
  headers?: Record<string, string>;
};

/** A terminal that signs as a real one does, or wrongly in any way that a test wants. */
export class FakeTerminal {
  readonly id: string;
  readonly oauth: FakeOAuthClient;
  /** Of the terminal itself. */
  refreshToken: string | null = null;
  terminalToken: string | null = null;
  /** Of the user who is signed in. */
  userRefreshToken: string | null = null;
  accessToken: string | null = null;
  nonce: string | null = null;
  readonly #keys: KeyPair;
  readonly #deps: FakeTerminalDeps;

  constructor(id: string, keys: KeyPair, deps: FakeTerminalDeps) {
    this.id = id;
    this.#keys = keys;
    this.#deps = deps;
    this.oauth = new FakeOAuthClient(this, deps);
  }

  static async create(deps: FakeTerminalDeps): Promise<FakeTerminal> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const jwk = await exportJWK(publicKey);
    return new FakeTerminal(await calculateJwkThumbprint(jwk), { privateKey, jwk }, deps);
  }

  /** The same terminal, with all that it keeps, at another broker or another address of it. */
  movedTo(send: Transport): FakeTerminal {
    const moved = new FakeTerminal(this.id, this.#keys, { ...this.#deps, send });
    moved.refreshToken = this.refreshToken;
    moved.terminalToken = this.terminalToken;
    moved.userRefreshToken = this.userRefreshToken;
    moved.accessToken = this.accessToken;
    moved.nonce = this.nonce;
    return moved;
  }

  /** Calls a route of the API, as often as the broker asks for another nonce. */
  async call(name: RouteName, options: SignedCall = {}): Promise<Reply> {
    const reply = await this.callOnce(name, options);
    const signed = options.proof === undefined && options.claims?.nonce === undefined;
    const retry = signed && reply.status === 401 && this.#noted(reply);
    return retry ? this.callOnce(name, options) : reply;
  }

  async callOnce(name: RouteName, options: SignedCall = {}): Promise<Reply> {
    const route: Route = routes[name];
    const path = Object.entries(options.params ?? {}).reduce<string>(
      (filled, [key, value]) => filled.replace(`:${key}`, value),
      route.path,
    );
    const token = options.token === undefined ? this.#tokenFor(route.auth) : options.token;
    const proof =
      options.proof === undefined
        ? await this.proof(route.method, path, token, options)
        : options.proof;
    const query = new URLSearchParams(options.query).toString();
    return this.#deps.send({
      method: route.method,
      path: query === '' ? path : `${path}?${query}`,
      headers: {
        host: new URL(this.#deps.origin).host,
        ...options.headers,
        ...(proof === null ? {} : { dpop: proof }),
        ...(token === null ? {} : { authorization: `DPoP ${token}` }),
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      payload: options.body === undefined ? undefined : JSON.stringify(options.body),
    });
  }

  async proof(method: string, path: string, token: string | null, how: SignedCall = {}) {
    const claims = {
      htm: method,
      htu: `${this.#deps.origin}${path}`,
      jti: crypto.randomUUID(),
      iat: Math.floor(this.#deps.clock.now() / 1000),
      ...(this.nonce === null ? {} : { nonce: this.nonce }),
      ...(token === null ? {} : { ath: hashSecret(token) }),
      ...how.claims,
    };
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: this.#keys.jwk, ...how.header })
      .sign(this.#keys.privateKey);
  }

  /** Signs in on the broker's page, and keeps the tokens. */
  signIn(username: string, password: string): Promise<Reply> {
    return this.oauth.signIn(username, password);
  }

  resume(): Promise<Reply> {
    return this.oauth.resume();
  }

  /** As a user who leaves. */
  signOut(): Promise<Reply> {
    return this.oauth.revoke(this.userRefreshToken ?? '');
  }

  /** Whether the answer has a nonce that was not known yet; it is used from now on. */
  #noted({ headers, body }: Reply): boolean {
    const nonce = headers['dpop-nonce'];
    if (typeof nonce === 'string') this.nonce = nonce;
    return JSON.stringify(body).includes('proof-nonce-needed');
  }

  #tokenFor(auth: Route['auth']): string | null {
    if (auth === 'none') return null;
    return auth === 'terminal' ? this.terminalToken : this.accessToken;
  }
}
