import { html } from 'ghtml';
import { z } from 'zod';
import { doneBy } from '../access/audit-entry.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { PageSessions } from '../identity/page-sessions.ts';
import { pagesClientId, pagesRedirectPath } from '../identity/provider/clients.ts';
import type { Providers } from '../identity/provider/providers.ts';
import { readAs } from './form.ts';
import type { Locale } from './locale.ts';
import { linkMarkup } from './markup.ts';
import type { Answer, PageRouter, Visit } from './page-router.ts';
import { rememberReturn, takeReturn } from './return-cookie.ts';

const answerSchema = z.object({
  state: z.string().max(200).optional(),
  error: z.string().optional(),
});

/**
 * Where a visitor of a page signs in: an authorization request that has no answer but the session
 * (OAuth 2.0 Multiple Response Types section 4, `none`).
 */
export function signInUrl(providers: Providers, visit: Visit): string {
  const { origin, request, reply, locale } = visit;
  const url = new URL(providers.at(origin).urlFor('authorization'));
  url.search = new URLSearchParams({
    client_id: pagesClientId,
    response_type: 'none',
    redirect_uri: `${origin}${pagesRedirectPath}`,
    scope: 'openid',
    ui_locales: locale.language,
    state: rememberReturn(reply, request.url),
  }).toString();
  return url.href;
}

type Deps = { providers: Providers; pageSessions: PageSessions; audit: Pick<AuditLog, 'append'> };

export function registerPageSignIn(router: PageRouter, deps: Deps): void {
  const { providers, pageSessions, audit } = deps;

  router.open('GET', pagesRedirectPath, async ({ request, reply, locale }) => {
    const { state, error } = readAs(answerSchema, request.query);
    const location = takeReturn(request, reply, state);
    // Back at the page, whoever pressed cancel would be asked to sign in again.
    return error === undefined ? { location } : signedOutPage(locale);
  });

  router.open('POST', '/pages/sign-out', async ({ request, reply, origin, locale }) => {
    const left = await pageSessions.of(request, reply);
    const provider = providers.at(origin);
    const session = await provider.Session.get(provider.createContext(request.raw, reply.raw));
    // A session that was never stored has nothing to be removed.
    if (session.accountId !== undefined) await session.destroy();
    if (left !== null) {
      const { by } = left;
      await audit.append(doneBy(by, 'user.signed-out', by.actor, { at: 'pages' }));
    }
    return signedOutPage(locale);
  });
}

function signedOutPage(locale: Locale): Answer {
  const { title, text, again } = locale.text.signedOut;
  return {
    title,
    shape: 'card',
    body: html`
      <h1 class="heading">${title}</h1>
      <p>${text}</p>
      !${linkMarkup('/', again, 'plain')}`,
  };
}
