import { readFile } from 'node:fs/promises';
import fastifyCookie from '@fastify/cookie';
import fastifyFormbody from '@fastify/formbody';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { errorCatalogue } from '../../contract/error-catalogue.ts';
import type { CodedError } from '../../contract/errors.ts';
import type { Refusal } from '../audit/refusal-log.ts';
import type { FederatedUsers } from '../identity/federated-users.ts';
import type { Federation } from '../identity/federation.ts';
import type { PageSessions } from '../identity/page-sessions.ts';
import type { Providers } from '../identity/provider/providers.ts';
import { type AccountPageDeps, registerAccountPage } from './account-page.ts';
import { type EnrollPageDeps, registerEnrollPage } from './enroll-page.ts';
import { registerFederatedSignIn } from './federated-sign-in.ts';
import { createInteractions } from './interactions.ts';
import { stylePath } from './layout.ts';
import { createPageRouter } from './page-router.ts';
import { registerPageSignIn, signInUrl } from './page-sign-in.ts';
import { registerProblemPage } from './problem-page.ts';
import { registerSignInPage } from './sign-in-page.ts';
import { createSignInSteps } from './sign-in-steps.ts';
import { registerTerminalsPage, type TerminalsPageDeps } from './terminals-page.ts';

export type PagesDeps = Omit<AccountPageDeps, 'providers'> &
  EnrollPageDeps &
  TerminalsPageDeps & {
    /** Where the broker is reached. */
    origins(): ReadonlySet<string>;
    providers: Providers;
    pageSessions: PageSessions;
    federation: Federation;
    federatedUsers: FederatedUsers;
    /** PEM of what the broker's certificates are traced to. */
    caCertificate(): string;
    onRefused(refusal: Refusal): void;
  };

const bodyLimitBytes = 16 * 1024;
const refusals: ReadonlySet<number> = new Set([401, 403, 429]);

/**
 * The broker's own pages: the sign-in, which terminals show in a window, and those for a browser,
 * by which terminals are let in and looked at. HTML without any script.
 */
export async function registerPages(app: FastifyInstance, deps: PagesDeps): Promise<void> {
  const style = await readFile(new URL('./style.css', import.meta.url), 'utf8');
  // A scope of its own: cookies, forms and errors of pages are nothing to the API.
  const pages = async (scope: FastifyInstance) => {
    scope.removeAllContentTypeParsers();
    await scope.register(fastifyFormbody, { bodyLimit: bodyLimitBytes });
    await scope.register(fastifyCookie);
    registerProblemPage(scope, noteTo(deps));
    registerFiles(scope, style, deps.caCertificate);
    registerRoutes(scope, deps);
  };
  // Addresses of pages hold codes, which are not for the log: it has what goes wrong alone.
  await app.register(pages, { logLevel: 'warn' });
}

function registerRoutes(app: FastifyInstance, deps: PagesDeps): void {
  const { clock, origins, providers, pageSessions, federation } = deps;
  const router = createPageRouter({
    app,
    origins,
    pageSessions,
    signInFor: (visit) => signInUrl(providers, visit),
    onRefused: noteTo(deps),
  });
  const interactions = createInteractions(providers);
  const steps = createSignInSteps(clock);
  registerSignInPage(router, { ...deps, interactions, steps });
  registerFederatedSignIn(router, { ...deps, interactions, steps });
  registerPageSignIn(router, providers);
  registerEnrollPage(router, deps);
  registerTerminalsPage(router, deps);
  registerAccountPage(router, { ...deps, providers: federation.providers });
  router.signedIn('GET', '/', null, async ({ session }) => ({
    location: session.permissions.has('terminals.read') ? '/terminals' : '/account',
  }));
}

function registerFiles(app: FastifyInstance, style: string, caCertificate: () => string): void {
  const options = { config: { auth: 'none' as const }, schema: { hide: true } };
  app.get(stylePath, options, async (_request, reply) =>
    reply.type('text/css; charset=utf-8').send(style),
  );
  app.get('/ca.pem', options, async (_request, reply) =>
    reply
      .header('content-disposition', 'attachment; filename="porthole-ca.pem"')
      .type('application/x-pem-file')
      .send(caCertificate()),
  );
}

/** Wrong input is nothing to note; what somebody may not do, or does too often, is. */
function noteTo({ onRefused }: PagesDeps): (request: FastifyRequest, error: CodedError) => void {
  return ({ method, routeOptions, ip }, { code }) => {
    const refused =
      refusals.has(errorCatalogue[code].status ?? 0) || code === 'enrollment-mismatch';
    if (!refused) return;
    const route = `${method} ${routeOptions.url}`;
    onRefused({ code, route, address: ip, terminalId: null });
  };
}
