import type { FastifyInstance, InjectOptions } from 'fastify';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { hashSecret } from '../../src/broker/identity/secret.ts';
import { type RouteName, routes } from '../../src/contract/broker-api.ts';
import type { Clock } from '../../src/contract/clock.ts';

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

export type Reply = {
  status: number;
  body: unknown;
  raw: Buffer;
  headers: Record<string, unknown>;
};

/** Sends a request to a broker, without a socket or over one. */
export type Transport = (request: {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  headers: Record<string, string>;
  payload: string | undefined;
}) => Promise<Reply>;

/** A terminal that signs as a real one does, or wrongly in any way that a test wants. */
export class FakeTerminal {
  readonly id: string;
  refreshToken: string | null = null;
  accessToken: string | null = null;
  readonly #keys: KeyPair;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #origin: string;
  readonly #send: Transport;

  constructor(id: string, keys: KeyPair, deps: FakeTerminalDeps) {
    this.id = id;
    this.#keys = keys;
    this.#clock = deps.clock;
    this.#origin = deps.origin;
    this.#send = deps.send;
  }

  static async create(deps: FakeTerminalDeps): Promise<FakeTerminal> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const jwk = await exportJWK(publicKey);
    return new FakeTerminal(await calculateJwkThumbprint(jwk), { privateKey, jwk }, deps);
  }

  /** The same terminal, with all that it keeps, at another broker. */
  movedTo(send: Transport): FakeTerminal {
    const moved = new FakeTerminal(this.id, this.#keys, {
      clock: this.#clock,
      origin: this.#origin,
      send,
    });
    moved.refreshToken = this.refreshToken;
    moved.accessToken = this.accessToken;
    return moved;
  }

  async call(name: RouteName, options: SignedCall = {}): Promise<Reply> {
    const route = routes[name];
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
    return this.#send({
      method: route.method,
      path: query === '' ? path : `${path}?${query}`,
      headers: {
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
      htu: `${this.#origin}${path}`,
      jti: crypto.randomUUID(),
      iat: Math.floor(this.#clock.now() / 1000),
      ...(token === null ? {} : { ath: hashSecret(token) }),
      ...how.claims,
    };
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: this.#keys.jwk, ...how.header })
      .sign(this.#keys.privateKey);
  }

  /** Enrolls with a code, and keeps the token. */
  async enroll(code: string, name = 'a terminal'): Promise<Reply> {
    const reply = await this.call('enroll', { body: { code, name } });
    if (reply.status === 201) this.refreshToken = textIn(reply.body, 'refreshToken');
    return reply;
  }

  /** Signs in, and keeps the token. */
  async signIn(username: string, password: string): Promise<Reply> {
    return this.#keepToken(
      await this.call('signIn', { body: { grant: 'password', username, password } }),
    );
  }

  async resume(): Promise<Reply> {
    return this.#keepToken(await this.call('signIn', { body: { grant: 'resume' } }));
  }

  #keepToken(reply: Reply): Reply {
    if (reply.status === 201) this.accessToken = textIn(reply.body, 'accessToken');
    return reply;
  }

  #tokenFor(auth: (typeof routes)[RouteName]['auth']): string | null {
    if (auth === 'terminal') return this.refreshToken;
    return auth === 'user' ? this.accessToken : null;
  }
}

export type FakeTerminalDeps = { clock: Pick<Clock, 'now'>; origin: string; send: Transport };

/** A text field of an answer, which has to be there. */
export function textIn(body: unknown, field: string): string {
  const value =
    typeof body === 'object' && body !== null
      ? Object.entries(body).find(([key]) => key === field)
      : undefined;
  if (typeof value?.[1] !== 'string') throw new Error(`no ${field} in ${JSON.stringify(body)}`);
  return value[1];
}

/** Straight into the server, with no socket between. */
export function injected(app: FastifyInstance): Transport {
  return async ({ method, path, headers, payload }) => {
    const options: InjectOptions = { method, url: path, headers };
    const reply = await app.inject(payload === undefined ? options : { ...options, payload });
    return {
      status: reply.statusCode,
      headers: reply.headers,
      raw: reply.rawPayload,
      body: parsed(reply.payload),
    };
  };
}

/** Over the network. */
export function fetched(origin: string): Transport {
  return async ({ method, path, headers, payload }) => {
    const reply = await fetch(new URL(path, origin), {
      method,
      headers,
      ...(payload === undefined ? {} : { body: payload }),
    });
    const raw = Buffer.from(await reply.arrayBuffer());
    return {
      status: reply.status,
      headers: Object.fromEntries(reply.headers),
      raw,
      body: parsed(raw.toString()),
    };
  };
}

function parsed(text: string): unknown {
  return text.startsWith('{') ? JSON.parse(text) : text;
}
