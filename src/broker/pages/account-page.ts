import { html } from 'ghtml';
import { z } from 'zod';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { LocalSignIn } from '../identity/local-sign-in.ts';
import type { Proposal, SecondFactors } from '../identity/second-factor.ts';
import type { Database } from '../store/store.ts';
import { type AccountFacts, accountMarkup, passwordMarkup } from './account-markup.ts';
import { mendable, readAs } from './form.ts';
import { linkMarkup } from './markup.ts';
import type { Answer, PageRouter, SignedInVisit } from './page-router.ts';
import { passwordPath } from './password-page.ts';
import { createShortMemory } from './short-memory.ts';
import { setUpMarkup } from './sign-in-markup.ts';
import { codeSchema } from './sign-in-page.ts';

export type AccountPageDeps = {
  clock: Clock;
  db: Database;
  localSignIn: LocalSignIn;
  secondFactors: SecondFactors;
  /** Names of identity providers, by id. */
  providers: readonly { id: string; name: string }[];
};

const path = '/account';
const factorPath = '/account/second-factor';
const codePath = '/account/second-factor/code';
/** How long the password is good for, until the new second factor is shown to work. */
const lifetimeMs = 10 * 60_000;

const passwordFormSchema = z.object({ password: z.string().max(256) });
const codeFormSchema = z.object({ code: codeSchema });

/** What somebody sees of their own account, and the second factor that they may set up. */
export function registerAccountPage(router: PageRouter, deps: AccountPageDeps): void {
  const { clock, localSignIn, secondFactors } = deps;
  const proposals = createShortMemory<Proposal>(clock, lifetimeMs);

  router.signedIn('GET', path, null, async ({ session, locale }) => {
    const { title } = locale.text.account;
    const paths = { factor: factorPath, password: passwordPath };
    const body = accountMarkup(locale, await factsOf(deps, session.user.id), paths);
    return { title, shape: 'card', body };
  });

  router.signedIn('GET', factorPath, null, async (visit) => passwordPage(visit, null));

  router.signedIn('POST', factorPath, null, async (visit) => {
    const { request, session } = visit;
    const { id, username } = session.user;
    try {
      const { password } = readAs(passwordFormSchema, request.body);
      const place = { address: request.ip, terminalId: null };
      await localSignIn.withPassword(username, password, place);
    } catch (error) {
      return passwordPage(visit, mendable(error));
    }
    proposals.set(id, secondFactors.propose(username));
    return { location: codePath };
  });

  router.signedIn('GET', codePath, null, async (visit) => codePage(visit, null));

  router.signedIn('POST', codePath, null, async (visit) => {
    const { request, session, locale } = visit;
    const proposal = proposals.get(session.user.id);
    if (proposal === null) return codePage(visit, null);
    try {
      const { code } = readAs(codeFormSchema, request.body);
      await secondFactors.setUp(session.user, proposal.secret, code, session.by);
    } catch (error) {
      return codePage(visit, mendable(error));
    }
    proposals.take(session.user.id);
    const { done, doneText, title } = locale.text.account;
    return {
      title: done,
      shape: 'card',
      body: html`
        <h1 class="heading">${done}</h1>
        <p>${doneText}</p>
        !${linkMarkup(path, title, 'plain')}`,
    };
  });

  function codePage({ locale, session }: SignedInVisit, failure: CodedError | null): Answer {
    const proposal = proposals.get(session.user.id);
    // Too late, or loaded again after it was done: the password has to be given once more.
    if (proposal === null) return { location: factorPath };
    const body = setUpMarkup(locale, { action: codePath, proposal, failure });
    return { title: locale.text.setUp.title, shape: 'card', failure, body };
  }
}

function passwordPage({ locale, session }: SignedInVisit, failure: CodedError | null): Answer {
  const { title } = locale.text.setUp;
  const { username } = session.user;
  const body = passwordMarkup(locale, { username, action: factorPath, back: path, failure });
  return { title, shape: 'card', failure, body };
}

async function factsOf({ db, providers }: AccountPageDeps, userId: string): Promise<AccountFacts> {
  const row = await db
    .selectFrom('users')
    .select(['username', 'display_name', 'identity_provider', 'totp_secret', 'totp_required'])
    .where('id', '=', userId)
    .executeTakeFirst();
  // Removed since the session was looked up.
  if (row === undefined) throw new CodedError('not-signed-in');
  const provider = providers.find(({ id }) => id === row.identity_provider);
  return {
    username: row.username,
    displayName: row.display_name,
    provider: row.identity_provider === null ? null : (provider?.name ?? row.identity_provider),
    secondFactor: row.totp_secret !== null ? 'set' : row.totp_required === 1 ? 'required' : 'off',
  };
}
