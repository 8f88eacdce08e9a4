import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Route, type RouteAuth, type RouteName, routes } from '../../contract/broker-api.ts';
import { CodedError, problemSchema } from '../../contract/errors.ts';
import type { CallerLookup, Callers } from '../identity/callers.ts';
import { emptyReply, pictureReply, securityOf } from './documentation.ts';
import type { Handlers } from './handlers.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set before the body is read. */
    caller: Callers[RouteAuth];
  }
  interface FastifyContextConfig {
    /** How the route is authenticated; every route of the broker says so. */
    auth?: RouteAuth;
  }
}

/** What a locked terminal may still do for its user. */
const whileLocked: ReadonlySet<RouteName> = new Set(['lock', 'signOut']);

/** Registers the routes of the contract, all of them and none else. */
export function registerRoutes(
  app: FastifyInstance,
  handlers: Handlers,
  callers: CallerLookup,
): void {
  app.decorateRequest('caller', null);
  for (const name of Object.keys(routes) as RouteName[]) {
    // The row and the handler are of one name; the union of all names hides that they fit.
    const handler = handlers[name] as (call: object) => Promise<unknown>;
    registerRoute(app, name, routes[name], handler, callers);
  }
}

function registerRoute(
  app: FastifyInstance,
  name: RouteName,
  route: Route,
  handler: (call: object) => Promise<unknown>,
  callers: CallerLookup,
): void {
  app.route({
    method: route.method,
    url: route.path,
    config: { auth: route.auth },
    schema: {
      operationId: name,
      summary: route.summary,
      security: securityOf(route.auth),
      ...(route.params === undefined ? {} : { params: route.params }),
      ...(route.query === undefined ? {} : { querystring: route.query }),
      ...(route.body === undefined ? {} : { body: route.body }),
      response: { [route.reply.status]: replySchema(route), default: problemSchema },
    },
    // Before the body is read: who may not ask is not listened to either.
    onRequest: async (request) => {
      const caller = await callers[route.auth]({
        method: request.method,
        path: request.url.split('?', 1)[0] ?? '',
        authorization: request.headers.authorization,
        proof: headerOf(request, 'dpop'),
      });
      if (caller !== null && 'locked' in caller && caller.locked && !whileLocked.has(name)) {
        throw new CodedError('not-signed-in', { detail: 'the terminal is locked' });
      }
      request.caller = caller;
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
      if (route.reply.body === 'png') void reply.type('image/png');
      return reply.send(route.reply.body === null ? undefined : answer);
    },
  });
}

function replySchema({ reply }: Route) {
  if (reply.body === null) return emptyReply;
  return reply.body === 'png' ? pictureReply : reply.body;
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
