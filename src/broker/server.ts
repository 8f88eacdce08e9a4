import { randomUUID } from 'node:crypto';
import type { Server } from 'node:https';
import fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Refusal } from './audit/refusal-log.ts';
import type { Gateway } from './gateway/gateway.ts';
import { registerDocumentation } from './routes/documentation.ts';
import { registerProblems } from './routes/problems.ts';
import { type RouteDeps, registerRoutes } from './routes/register.ts';

export type ServerDeps = RouteDeps & {
  gateway: Pick<Gateway, 'upgrade'>;
  log: FastifyBaseLogger;
  version: string;
  /** Addresses whose word about where a request came from is taken (`X-Forwarded-For`). */
  trustedProxies: readonly string[];
  /** Already listening; null for a server that is only injected into. */
  server: Server | null;
  onRefused(refusal: Refusal): void;
  /** What is served beside the API. */
  mounts: readonly ((app: FastifyInstance) => Promise<void>)[];
};

const bodyLimitBytes = 64 * 1024;

/** The whole HTTP side of the broker. */
export async function buildServer(deps: ServerDeps): Promise<FastifyInstance> {
  const app = createApp(deps);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  registerProblems(app, deps.onRefused);
  app.addHook('onRequest', async (request) => {
    // What oidc-provider goes by, in place of whatever the peer said of itself.
    request.raw.headers['x-forwarded-for'] = request.ip;
    request.raw.headers['x-forwarded-host'] = request.host;
    request.raw.headers['x-forwarded-proto'] = 'https';
  });
  app.addHook('onSend', async (request, reply) => {
    void reply.headers({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': request.id,
    });
  });
  await registerDocumentation(app, deps.version);
  registerRoutes(app, deps);
  for (const mount of deps.mounts) await mount(app);
  app.server.on('upgrade', deps.gateway.upgrade);
  await app.ready();
  return app;
}

function createApp({ log, server, trustedProxies }: ServerDeps): FastifyInstance {
  const options = {
    loggerInstance: log,
    bodyLimit: bodyLimitBytes,
    genReqId: () => randomUUID(),
    // An id that the peer chooses could be made to look like another's in the log.
    requestIdHeader: false as const,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    trustProxy: [...trustedProxies],
  };
  if (server === null) return fastify(options);
  return fastify({
    ...options,
    serverFactory: (handler) => {
      server.on('request', handler);
      return server;
    },
  });
}
