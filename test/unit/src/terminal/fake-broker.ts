import * as jose from 'jose';
import { type RouteName, routes } from '../../../../src/contract/broker-api.ts';
import { errorCatalogue } from '../../../../src/contract/error-catalogue.ts';
import { CodedError, type ErrorCode, problem } from '../../../../src/contract/errors.ts';
import { grantTypes } from '../../../../src/contract/identity.ts';
import type { BrokerNetwork } from '../../../../src/terminal/network.ts';
import { FakeAuthority } from './fake-authority.ts';
import { desktop, broker as origin, session, user } from './fixtures.ts';

type Answer = (request: Request) => Response | Promise<Response>;

const nonce = 'a nonce';

/**
 * A broker as the terminal's network sees it: each endpoint answers well, to a proof that has its
 * nonce, until a test tells it otherwise.
 */
export class FakeBroker {
  readonly requests: Request[] = [];
  readonly keys = new FakeAuthority();
  /** No request gets through. */
  away = false;
  /** The access token that is taken of each kind; all others are refused. */
  readonly taken = { terminal: '', user: '' };
  readonly #routes = new Map<RouteName, Answer>();
  readonly #grants = new Map<string, Answer>();
  readonly #pins = new Map<string, readonly string[]>();
  #issued = 0;

  constructor() {
    this.answer('reportTerminal', () => new Response(null, { status: 204 }));
    this.profile({ desktopId: null });
    this.answer('getUser', () => Response.json(user));
    this.answer('lock', () => new Response(null, { status: 204 }));
    this.answer('listDesktops', () => Response.json({ desktops: [desktop] }));
    this.answer('createSession', () =>
      Response.json({ ...session, state: 'starting' }, { status: 201 }),
    );
    this.answer('getSession', () => Response.json(session));
    this.answer('endSession', () => Response.json(session, { status: 202 }));
    this.answer('createTicket', () =>
      Response.json(
        {
          ticket: 'ticket',
          path: `/v1/sessions/${session.id}/stream`,
          expiresInSeconds: 30,
          idleSeconds: 1_800,
        },
        { status: 201 },
      ),
    );
    for (const type of [grantTypes.deviceCode, grantTypes.enrollmentToken]) {
      this.grant(type, () => this.tokens('terminal'));
    }
    for (const type of ['authorization_code', grantTypes.terminalAccount]) {
      this.grant(type, () => this.tokens('user'));
    }
    this.refuseGrant(grantTypes.resume, 'invalid_grant', 'nothing-to-resume');
    this.refuseGrant(grantTypes.recover, 'invalid_grant', 'terminal-unknown');
    this.grant('refresh_token', async (request) => {
      const token = (await formOf(request)).get('refresh_token') ?? '';
      return this.tokens(token.startsWith('user') ? 'user' : 'terminal');
    });
  }

  answer(name: RouteName, answer: Answer): void {
    this.#routes.set(name, answer);
  }

  refuse(name: RouteName, code: ErrorCode): void {
    this.answer(name, () => refuse(code));
  }

  grant(type: string, answer: Answer): void {
    this.#grants.set(type, answer);
  }

  refuseGrant(type: string, error: string, description?: ErrorCode): void {
    this.grant(type, () =>
      Response.json({ error, error_description: description }, { status: 400 }),
    );
  }

  profile({ desktopId }: { desktopId: string | null }): void {
    this.answer('getTerminal', () =>
      Response.json({
        id: 'x'.repeat(43),
        name: 'Reception',
        group: null,
        account: desktopId === null ? null : { desktopId },
        signInOrigins: [],
      }),
    );
  }

  /** A new pair of tokens, the only one from now on. */
  async tokens(of: 'terminal' | 'user', extra: object = {}): Promise<Response> {
    this.#issued += 1;
    this.taken[of] = `${of}-access-${this.#issued}`;
    return Response.json({
      access_token: this.taken[of],
      refresh_token: `${of}-refresh-${this.#issued}`,
      token_type: 'DPoP',
      expires_in: 600,
      ...(of === 'user' ? { id_token: await idToken() } : {}),
      ...extra,
    });
  }

  /** What was sent to an endpoint, as far as it had the nonce. */
  sentTo(path: string, method?: string): Request[] {
    return this.requests.filter(
      (sent) =>
        new URL(sent.url).pathname === path && (method === undefined || sent.method === method),
    );
  }

  /** The forms that came to the token endpoint for a grant. */
  async grantsOf(type: string): Promise<URLSearchParams[]> {
    const forms = await Promise.all(this.sentTo('/oauth/token').map(formOf));
    return forms.filter((form) => form.get('grant_type') === type);
  }

  async revoked(): Promise<string[]> {
    const forms = await Promise.all(this.sentTo('/oauth/revoke').map(formOf));
    return forms.map((form) => form.get('token') ?? '');
  }

  readonly network: BrokerNetwork = {
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const pinned = this.#pins.get(new URL(request.url).origin) ?? [];
      if (this.away) throw new TypeError('no route');
      if (!this.keys.chain.some((key) => pinned.includes(key))) {
        throw new CodedError('broker-key-changed');
      }
      return this.#respond(request);
    },
    pin: (at, anchors) => void this.#pins.set(at, anchors),
    introduce: async () => {
      if (this.away) throw new CodedError('broker-unreachable');
      return { statements: await this.keys.statements(), chain: this.keys.chain, fault: null };
    },
  };

  async #respond(request: Request): Promise<Response> {
    const refusal = challenge(request);
    if (refusal !== null) return refusal;
    this.requests.push(request.clone());
    const answered = Promise.resolve(this.#answerOf(request));
    return new Promise((resolve, reject) => {
      request.signal.addEventListener('abort', () => reject(request.signal.reason));
      answered.then(resolve, reject);
    });
  }

  async #answerOf(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    switch (pathname) {
      case '/.well-known/openid-configuration':
        return Response.json(metadata);
      case '/oauth/device':
        return (this.#grants.get('device') ?? deviceCode)(request);
      case '/oauth/revoke':
        return (this.#grants.get('revoke') ?? (() => new Response(null)))(request);
      case '/oauth/token': {
        const type = (await formOf(request)).get('grant_type') ?? '';
        return (this.#grants.get(type) ?? (() => refuse('not-found')))(request);
      }
    }
    const name = routeAt(request.method, pathname);
    const answer = name && this.#routes.get(name);
    if (name === undefined || answer === undefined) return refuse('not-found');
    const { auth } = routes[name];
    if (auth === 'none') return answer(request);
    const kind = auth === 'terminal' ? 'terminal' : 'user';
    return request.headers.get('Authorization') === `DPoP ${this.taken[kind]}`
      ? answer(request)
      : refuse(kind === 'terminal' ? 'terminal-unknown' : 'not-signed-in');
  }
}

const metadata = {
  issuer: origin,
  authorization_endpoint: `${origin}/oauth/authorize`,
  token_endpoint: `${origin}/oauth/token`,
  device_authorization_endpoint: `${origin}/oauth/device`,
  revocation_endpoint: `${origin}/oauth/revoke`,
  authorization_response_iss_parameter_supported: true,
  id_token_signing_alg_values_supported: ['ES256'],
};

function deviceCode(): Response {
  return Response.json({
    device_code: 'device-code',
    user_code: 'BCDF-GHJK',
    verification_uri: `${origin}/enroll`,
    expires_in: 600,
    interval: 0.001,
  });
}

export function refuse(code: ErrorCode): Response {
  return Response.json(problem(code), { status: errorCatalogue[code].status ?? 500 });
}

/** The form that a request came with, which can be read again after. */
export async function formOf(request: Request): Promise<URLSearchParams> {
  return new URLSearchParams(await request.clone().text());
}

/** Asks for the nonce where a proof has none (RFC 9449 sections 8 and 9). */
function challenge({ headers }: Request): Response | null {
  const proof = headers.get('DPoP');
  if (proof === null || jose.decodeJwt(proof).nonce === nonce) return null;
  const init = { headers: { 'DPoP-Nonce': nonce } };
  return headers.has('Authorization')
    ? Response.json(problem('proof-nonce-needed'), {
        status: 401,
        headers: { ...init.headers, 'WWW-Authenticate': 'DPoP error="use_dpop_nonce"' },
      })
    : Response.json({ error: 'use_dpop_nonce' }, { ...init, status: 400 });
}

async function idToken(): Promise<string> {
  const { privateKey } = await jose.generateKeyPair('ES256');
  return new jose.SignJWT({ sub: user.id })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer(origin)
    .setAudience('porthole-terminal')
    .setIssuedAt()
    .setExpirationTime('1 h')
    .sign(privateKey);
}

function routeAt(method: string, pathname: string): RouteName | undefined {
  const names = Object.keys(routes) as RouteName[]; // Object.keys widens to string[]
  return names.find((name) => {
    const pattern = new RegExp(`^${routes[name].path.replaceAll(/:\w+/g, '[^/]+')}$`);
    return routes[name].method === method && pattern.test(pathname);
  });
}
