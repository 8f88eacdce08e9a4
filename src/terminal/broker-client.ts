import type { z } from 'zod';
import { type RouteName, routes } from '../contract/broker-api.ts';
import { CodedError, type ErrorCode, problemSchema } from '../contract/errors.ts';
import type { Route, RouteAuth } from '../contract/route.ts';
import type { BrokerFetch } from './broker-fetch.ts';
import type { OAuthClient } from './oauth-client.ts';
import type { TokenSource } from './token-source.ts';

type Part<N extends RouteName, K extends 'params' | 'query' | 'body'> = (typeof routes)[N] extends {
  [P in K]: infer S extends z.ZodType;
}
  ? { [P in K]: z.input<S> }
  : unknown;

/** What a route takes: its parameters, query and body as far as it has them. */
export type CallOptions<N extends RouteName> = Part<N, 'params'> &
  Part<N, 'query'> &
  Part<N, 'body'> & { signal?: AbortSignal };

type ReplyBody<N extends RouteName> = (typeof routes)[N]['reply']['body'];
export type Reply<N extends RouteName> =
  ReplyBody<N> extends z.ZodType
    ? z.infer<ReplyBody<N>>
    : ReplyBody<N> extends 'png'
      ? Uint8Array
      : ReplyBody<N> extends 'jsonl'
        ? string
        : null;

/** Calls one route of one broker. @throws the broker's own problem, or one of reaching it. */
export type BrokerClient = {
  readonly origin: string;
  call<N extends RouteName>(name: N, options: CallOptions<N>): Promise<Reply<N>>;
};

type BrokerClientDeps = {
  oauth: Pick<OAuthClient, 'origin' | 'fetchResource'>;
  /** For routes that ask for no token. */
  fetch: BrokerFetch;
  /** In whose name to call. @throws not-signed-in, terminal-unknown */
  tokensFor(auth: Exclude<RouteAuth, 'none'>): TokenSource;
};

/** Speaks the broker's API. */
export function createBrokerClient(deps: BrokerClientDeps): BrokerClient {
  const { origin } = deps.oauth;
  return {
    origin,
    async call(name, options) {
      const route: Route = routes[name];
      const response = await send(deps, route, requestTo(origin, route, options), options.signal);
      if (response.status !== route.reply.status) throw await refusal(response);
      // The schema of this very row parsed it, which TypeScript cannot follow through the table.
      return (await readReply(route, response)) as Reply<typeof name>;
    },
  };
}

type ApiRequest = { method: Route['method']; url: URL; headers: Headers; body: string | null };

function requestTo(
  origin: string,
  route: Route,
  options: { params?: unknown; query?: unknown; body?: unknown; signal?: AbortSignal },
): ApiRequest {
  const url = new URL(fillPath(route.path, options.params), origin);
  for (const [key, value] of Object.entries(options.query ?? {})) {
    if (value !== undefined) url.searchParams.set(key, String(value));
  }
  const body = options.body === undefined ? null : JSON.stringify(options.body);
  const headers = new Headers(body === null ? {} : { 'Content-Type': 'application/json' });
  return { method: route.method, url, headers, body };
}

function fillPath(path: string, params: unknown): string {
  return Object.entries(params ?? {}).reduce(
    (filled, [key, value]) => filled.replace(`:${key}`, encodeURIComponent(String(value))),
    path,
  );
}

/** What the broker says when it does not take an access token, which another may mend. */
const tokenRefused: readonly ErrorCode[] = ['not-signed-in', 'terminal-unknown'];

async function send(
  { oauth, fetch, tokensFor }: BrokerClientDeps,
  route: Route,
  { url, ...request }: ApiRequest,
  signal: AbortSignal | undefined,
): Promise<Response> {
  if (route.auth === 'none') return fetch(url.href, request, signal);
  const tokens = tokensFor(route.auth);
  const token = await tokens.accessToken();
  signal?.throwIfAborted();
  const response = await oauth.fetchResource(token, url, request, signal);
  if (response.status !== 401) return response;
  const refused = await refusal(response);
  if (!tokenRefused.includes(refused.code)) throw refused;
  const another = await tokens.anotherThan(token);
  signal?.throwIfAborted();
  return oauth.fetchResource(another, url, request, signal);
}

async function readReply(route: Route, response: Response): Promise<unknown> {
  const { body } = route.reply;
  try {
    if (body === null) return null;
    if (body === 'png') return new Uint8Array(await response.arrayBuffer());
    if (body === 'jsonl') return await response.text();
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
