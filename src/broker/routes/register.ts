import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type RouteName, routes } from '../../contract/broker-api.ts';
import { CodedError, problemSchema } from '../../contract/errors.ts';
import type { Permission } from '../../contract/permissions.ts';
import type { Route, RouteAuth } from '../../contract/route.ts';
import type { CallerLookup, Callers } from '../identity/callers.ts';
import type { Nonces } from '../identity/nonces.ts';
import type { PageSessions } from '../identity/page-sessions.ts';
import { originOf } from '../identity/provider/providers.ts';
import { emptyReply, linesReply, pictureReply, securityOf } from './documentation.ts';
import type { Handlers } from './handlers.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set before the body is read. */
    caller: Callers[RouteAuth];
  }
  interface FastifyContextConfig {
    /** How the route is authenticated; every route of the broker says so, or what it is a page of. */
    auth?: RouteAuth;
    permission?: Permission;
  }
}

export type RouteDeps = {
  handlers: Handlers;
  callers: CallerLookup;
  nonces: Nonces;
  pageSessions: PageSessions;
  /** Where the broker is reached. */
  origins(): ReadonlySet<string>;
};

/** What a locked terminal may still ask for its user. */
const whileLocked: ReadonlySet<RouteName> = new Set(['lock']);

/** Registers the routes of the contract, all of them and none else. */
export function registerRoutes(app: FastifyInstance, deps: RouteDeps): void {
  app.decorateRequest('caller', null);
  for (const name of Object.keys(routes) as RouteName[]) {
    // The row and the handler are of one name; the union of all names hides that they fit.
    const handler = deps.handlers[name] as (call: object) => Promise<unknown>;
    registerRoute(app, name, routes[name], handler, deps);
  }
}

function registerRoute(
  app: FastifyInstance,
  name: RouteName,
  route: Route,
  handler: (call: object) => Promise<unknown>,
  deps: RouteDeps,
): void {
  const { auth, permission } = route;
  app.route({
    method: route.method,
    url: route.path,
    config: { auth, ...(permission === undefined ? {} : { permission }) },
    schema: {
      operationId: name,
      summary: route.summary,
      ...(permission === undefined ? {} : { description: `Permission: \`${permission}\`.` }),
      security: securityOf(auth),
      ...(route.params === undefined ? {} : { params: route.params }),
      ...(route.query === undefined ? {} : { querystring: route.query }),
      ...(route.body === undefined ? {} : { body: route.body }),
      response: { [route.reply.status]: replySchema(route), default: problemSchema },
    },
    // Before the body is read: who may not ask is not listened to either.
    onRequest: async (request, reply) => {
      if (auth !== 'none') void reply.header('dpop-nonce', deps.nonces.next());
      request.caller = await callerOf(route, request, reply, deps);
      assertMayAsk(name, route, request.caller);
    },
    handler: async (request, reply) => {
      const answer = await handler({
        params: request.params,
        query: request.query,
        body: request.body,
        caller: request.caller,
        address: request.ip,
        signal: signalOf(reply),
      });
      void reply.status(route.reply.status);
      return send(reply, route, answer);
    },
  });
}

async function callerOf(
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
  { callers, pageSessions, origins }: RouteDeps,
): Promise<Callers[RouteAuth]> {
  return callers[route.auth]({
    method: request.method,
    path: request.url.split('?', 1)[0] ?? '',
    authorization: request.headers.authorization,
    proof: headerOf(request, 'dpop'),
    address: request.ip,
    pageSession: async () => {
      const origin = originOf(request);
      // Browsers send cookies along with what other pages ask for as well.
      const foreign = request.method !== 'GET' && request.headers.origin !== origin;
      if (foreign || !origins().has(origin)) throw new CodedError('origin-refused');
      return pageSessions.of(request, reply);
    },
  });
}

function assertMayAsk(name: RouteName, route: Route, caller: Callers[RouteAuth]): void {
  if (caller === null || !('user' in caller)) return;
  if (caller.locked && !whileLocked.has(name)) {
    throw new CodedError('not-signed-in', { detail: 'the terminal is locked' });
  }
  if (route.permission !== undefined && !caller.permissions.has(route.permission)) {
    throw new CodedError('permission-missing');
  }
}

function send(reply: FastifyReply, { reply: { body } }: Route, answer: unknown): FastifyReply {
  if (body === null) return reply.send();
  if (body === 'png') return reply.type('image/png').send(answer);
  if (body !== 'jsonl') return reply.send(answer);
  // Answer of handlers.ts has it that rows of this kind give lines.
  const lines = answer as AsyncIterable<string>;
  return reply.type('application/jsonl').send(Readable.from(lines));
}

function replySchema({ reply }: Route) {
  if (reply.body === null) return emptyReply;
  if (reply.body === 'png') return pictureReply;
  return reply.body === 'jsonl' ? linesReply : reply.body;
}

/** RFC 9449 section 4.3: there must not be more than one proof; Node would join them by ", ". */
function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

function signalOf(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return gone.signal;
}
