import fastifyCookie from '@fastify/cookie';
import fastifyFormbody from '@fastify/formbody';
import type { FastifyInstance } from 'fastify';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Refusal } from '../audit/refusal-log.ts';
import type { FederatedUsers } from '../identity/federated-users.ts';
import type { Federation } from '../identity/federation.ts';
import type { PageSessions } from '../identity/page-sessions.ts';
import type { Providers } from '../identity/provider/providers.ts';
import { isRefused, refusalOf } from '../routes/problems.ts';
import { type AccountPageDeps, registerAccountPage } from './account-page.ts';
import { certificatePath, registerCertificatePage } from './certificate-page.ts';
import { type EnrollPageDeps, registerEnrollPage } from './enroll-page.ts';
import { registerFederatedSignIn } from './federated-sign-in.ts';
import { createInteractions } from './interactions.ts';
import { stylePath } from './layout.ts';
import { createPageRouter, type NoteRefusal } from './page-router.ts';
import { registerPageSignIn, signInUrl } from './page-sign-in.ts';
import { type PasswordPageDeps, registerPasswordPage } from './password-page.ts';
import { registerProblemPage } from './problem-page.ts';
import { registerSignInPage } from './sign-in-page.ts';
import { createSignInSteps } from './sign-in-steps.ts';
import { readStyle } from './style.ts';
import { registerTerminalsPage, type TerminalsPageDeps } from './terminals-page.ts';
import { registerUnknownPage } from './unknown-page.ts';

export type PagesDeps = Omit<AccountPageDeps, 'providers'> &
  EnrollPageDeps &
  PasswordPageDeps &
  TerminalsPageDeps & {
    /** Where the broker is reached. */
    origins(): ReadonlySet<string>;
    providers: Providers;
    pageSessions: PageSessions;
    federation: Federation;
    federatedUsers: FederatedUsers;
    /** PEM of what the broker's certificates are traced to. */
    caCertificate(): string;
    audit: Pick<AuditLog, 'append'>;
    onRefused(refusal: Refusal): void;
  };

const bodyLimitBytes = 16 * 1024;

/**
 * The broker's own pages: the sign-in, which terminals show in a window, and those for a browser,
 * by which terminals are let in and looked at. HTML without any script.
 */
export async function registerPages(app: FastifyInstance, deps: PagesDeps): Promise<void> {
  const style = await readStyle();
  // A scope of its own: cookies, forms and errors of pages are nothing to the API.
  const pages = async (scope: FastifyInstance) => {
    scope.removeAllContentTypeParsers();
    await scope.register(fastifyFormbody, { bodyLimit: bodyLimitBytes });
    await scope.register(fastifyCookie);
    registerProblemPage(scope, noteTo(deps));
    registerFiles(scope, style, deps.caCertificate);
    registerRoutes(scope, deps);
    registerUnknownPage(scope);
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
  registerPageSignIn(router, deps);
  registerCertificatePage(router, deps.caCertificate);
  registerEnrollPage(router, deps);
  registerTerminalsPage(router, deps);
  registerAccountPage(router, { ...deps, providers: federation.providers });
  registerPasswordPage(router, deps);
  router.signedIn('GET', '/', null, async ({ session }) => ({
    location: session.permissions.has('terminals.read') ? '/terminals' : '/account',
  }));
}

function registerFiles(app: FastifyInstance, style: string, caCertificate: () => string): void {
  const options = { config: { auth: 'none' as const }, schema: { hide: true } };
  app.get(stylePath, options, async (_request, reply) =>
    reply.type('text/css; charset=utf-8').send(style),
  );
  app.get(certificatePath, options, async (_request, reply) =>
    reply
      .header('content-disposition', 'attachment; filename="porthole-ca.pem"')
      .type('application/x-pem-file')
      .send(caCertificate()),
  );
}

/** What somebody may not do, or does too often, and an approval that somebody stands between. */
function noteTo({ onRefused }: PagesDeps): NoteRefusal {
  return (request, error, known) => {
    if (!isRefused(request, error) && error.code !== 'enrollment-mismatch') return;
    onRefused({ ...refusalOf(request, error), ...known });
  };
}
