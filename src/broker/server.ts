import { randomUUID } from 'node:crypto';
import fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Gateway } from './gateway/gateway.ts';
import type { CallerLookup } from './identity/callers.ts';
import { registerDocumentation } from './routes/documentation.ts';
import type { Handlers } from './routes/handlers.ts';
import { registerProblems } from './routes/problems.ts';
import { registerRoutes } from './routes/register.ts';

export type ServerDeps = {
  handlers: Handlers;
  callers: CallerLookup;
  gateway: Pick<Gateway, 'upgrade'>;
  log: FastifyBaseLogger;
  version: string;
  /** Addresses whose word about where a request came from is taken (`X-Forwarded-For`). */
  trustedProxies: readonly string[];
  /** PEM; null for plain HTTP. */
  tls: { cert: Buffer; key: Buffer } | null;
};

const bodyLimitBytes = 64 * 1024;
/** Until a request has to be there as a whole. */
const requestTimeoutMs = 30_000;
/** How often Node looks for requests that take longer; by default as rarely as that time itself. */
const connectionsCheckingInterval = 1_000;

/** The whole HTTP side of the broker, without a socket: main.ts listens, tests inject. */
export async function buildServer(deps: ServerDeps): Promise<FastifyInstance> {
  const app = createApp(deps);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  registerProblems(app);
  app.addHook('onSend', async (request, reply) => {
    void reply.headers({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': request.id,
    });
  });
  await registerDocumentation(app, deps.version);
  registerRoutes(app, deps.handlers, deps.callers);
  app.server.on('upgrade', deps.gateway.upgrade);
  await app.ready();
  return app;
}

function createApp({ log, tls, trustedProxies }: ServerDeps): FastifyInstance {
  const options = {
    loggerInstance: log,
    bodyLimit: bodyLimitBytes,
    genReqId: () => randomUUID(),
    // An id that the peer chooses could be made to look like another's in the log.
    requestIdHeader: false as const,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    requestTimeout: requestTimeoutMs,
    trustProxy: [...trustedProxies],
  };
  if (tls === null) return fastify({ ...options, http: { connectionsCheckingInterval } });
  // The two servers differ in type only by the class of `app.server`; what is used of it they share.
  return fastify({
    ...options,
    https: { ...tls, minVersion: 'TLSv1.3', connectionsCheckingInterval },
  }) as unknown as FastifyInstance;
}
