import * as jose from 'jose';
import type { RouteName } from '../../../../src/contract/broker-api.ts';
import { routes } from '../../../../src/contract/broker-api.ts';
import type { ErrorCode } from '../../../../src/contract/errors.ts';
import { errorCatalogue, problem } from '../../../../src/contract/errors.ts';
import { desktop, session, user } from './fixtures.ts';

type Answer = (request: Request) => Response | Promise<Response>;

/** A broker as `fetch` sees it: each route answers well until a test tells it otherwise. */
export class FakeBroker {
  readonly requests: Request[] = [];
  readonly #answers = new Map<RouteName, Answer>();

  constructor() {
    this.answer('signIn', async (request) => {
      const { grant } = await request.clone().json();
      if (grant === 'resume') return refuse('nothing-to-resume');
      const token = { accessToken: 'access', expiresInSeconds: 60, user, session: null };
      return Response.json(token, { status: 201 });
    });
    this.answer('listDesktops', () => Response.json({ desktops: [desktop] }));
    this.answer('createSession', () =>
      Response.json({ ...session, state: 'starting' }, { status: 201 }),
    );
    this.answer('getSession', () => Response.json(session));
    this.answer('endSession', () => Response.json(session, { status: 202 }));
    this.answer('createTicket', () =>
      Response.json(
        { ticket: 'ticket', path: `/v1/sessions/${session.id}/stream`, expiresInSeconds: 30 },
        { status: 201 },
      ),
    );
    for (const name of ['unenroll', 'signOut', 'lock'] as const) {
      this.answer(name, () => new Response(null, { status: 204 }));
    }
    this.answer('enroll', async (request) => {
      const { jwk } = jose.decodeProtectedHeader(request.headers.get('DPoP') ?? '');
      const terminalId = await jose.calculateJwkThumbprint(jwk ?? {});
      return Response.json({ terminalId, refreshToken: 'refresh' }, { status: 201 });
    });
  }

  answer(name: RouteName, answer: Answer): void {
    this.#answers.set(name, answer);
  }

  refuse(name: RouteName, code: ErrorCode): void {
    this.answer(name, () => refuse(code));
  }

  readonly fetch: typeof fetch = async (input, init) => {
    if (!(input instanceof Request)) throw new TypeError('the client sends Request objects');
    this.requests.push(input.clone());
    const { pathname } = new URL(input.url);
    const name = routeAt(input.method, pathname);
    const answer = name && this.#answers.get(name);
    if (!answer) return refuse('not-found');
    const signal = init?.signal;
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
      Promise.resolve(answer(input)).then(resolve, reject);
    });
  };
}

export function refuse(code: ErrorCode): Response {
  return Response.json(problem(code), { status: errorCatalogue[code].status ?? 500 });
}

function routeAt(method: string, pathname: string): RouteName | undefined {
  const names = Object.keys(routes) as RouteName[]; // Object.keys widens to string[]
  return names.find((name) => {
    const pattern = new RegExp(`^${routes[name].path.replaceAll(/:\w+/g, '[^/]+')}$`);
    return routes[name].method === method && pattern.test(pathname);
  });
}
