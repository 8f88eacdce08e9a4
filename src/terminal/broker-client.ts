import type { z } from 'zod';
import { type Route, type RouteName, routes } from '../contract/broker-api.ts';
import type { Clock } from '../contract/clock.ts';
import { CodedError, problemSchema } from '../contract/errors.ts';
import { type PrivateKey, signProof } from './device-key.ts';

const answerWithinMs = 10_000;
/** The broker holds a long poll for up to 20 s before it answers. */
const longPollWithinMs = 30_000;

type Part<N extends RouteName, K extends 'params' | 'query' | 'body'> = (typeof routes)[N] extends {
  [P in K]: infer S extends z.ZodType;
}
  ? { [P in K]: z.input<S> }
  : unknown;

/** What a route takes: its parameters, query and body as far as it has them, and who asks. */
export type CallOptions<N extends RouteName> = Part<N, 'params'> &
  Part<N, 'query'> &
  Part<N, 'body'> & {
    key: PrivateKey;
    /** The refresh or the access token, as the route's `auth` wants it. */
    token: string | null;
    signal?: AbortSignal;
  };

type ReplyBody<N extends RouteName> = (typeof routes)[N]['reply']['body'];
export type Reply<N extends RouteName> =
  ReplyBody<N> extends z.ZodType
    ? z.infer<ReplyBody<N>>
    : ReplyBody<N> extends 'png'
      ? Uint8Array
      : null;

/** Calls one route of one broker. @throws the broker's own problem, or one of reaching it. */
export type BrokerClient = {
  readonly origin: string;
  call<N extends RouteName>(name: N, options: CallOptions<N>): Promise<Reply<N>>;
};

/** The only place of the terminal that speaks HTTP. */
export function createBrokerClient(
  origin: string,
  deps: { fetch: typeof fetch; clock: Clock },
): BrokerClient {
  return {
    origin,
    async call(name, options) {
      const route: Route = routes[name];
      const request = await buildRequest(origin, route, options, deps.clock.now());
      const response = await send(deps.fetch, request, options.signal);
      if (response.status !== route.reply.status) throw await refusal(response);
      // The schema of this very row parsed it, which TypeScript cannot follow through the table.
      return (await readReply(route, response)) as Reply<typeof name>;
    },
  };
}

type Loose = { params?: unknown; query?: unknown; body?: unknown };

async function buildRequest(
  origin: string,
  route: Route,
  options: Loose & { key: PrivateKey; token: string | null },
  now: number,
): Promise<Request> {
  const url = new URL(fillPath(route.path, options.params), origin);
  const proof = await signProof(options.key, {
    method: route.method,
    url: url.href,
    token: options.token,
    now,
  });
  for (const [key, value] of Object.entries(options.query ?? {})) {
    if (value !== undefined) url.searchParams.set(key, String(value));
  }
  const headers = new Headers({ DPoP: proof });
  if (options.token !== null) headers.set('Authorization', `DPoP ${options.token}`);
  if (options.body !== undefined) headers.set('Content-Type', 'application/json');
  return new Request(url, {
    method: route.method,
    headers,
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    // A redirect would carry the token to an address that nobody chose.
    redirect: 'error',
    cache: 'no-store',
    credentials: 'omit',
  });
}

function fillPath(path: string, params: unknown): string {
  return Object.entries(params ?? {}).reduce(
    (filled, [key, value]) => filled.replace(`:${key}`, encodeURIComponent(String(value))),
    path,
  );
}

async function send(
  fetchRequest: typeof fetch,
  request: Request,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const waits = new URL(request.url).searchParams.has('after');
  const limit = AbortSignal.timeout(waits ? longPollWithinMs : answerWithinMs);
  try {
    return await fetchRequest(request, {
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new CodedError('broker-unreachable', { detail: new URL(request.url).origin, cause });
  }
}

async function readReply(route: Route, response: Response): Promise<unknown> {
  const { body } = route.reply;
  try {
    if (body === null) return null;
    if (body === 'png') return new Uint8Array(await response.arrayBuffer());
    return body.parse(await response.json());
  } catch (cause) {
    throw new CodedError('broker-answer-invalid', { detail: route.path, cause });
  }
}

async function refusal(response: Response): Promise<CodedError> {
  const problem = problemSchema.safeParse(await response.json().catch(() => null));
  if (!problem.success) {
    return new CodedError('broker-answer-invalid', { detail: `status ${response.status}` });
  }
  const { code, detail, retryAfterSeconds } = problem.data;
  return new CodedError(code, { detail, retryAfterSeconds });
}
