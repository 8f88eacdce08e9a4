import { html } from 'ghtml';
import { z } from 'zod';
import { passwordSchema } from '../../contract/admin.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Users } from '../access/users.ts';
import type { LocalSignIn } from '../identity/local-sign-in.ts';
import { mendable, readAs } from './form.ts';
import type { Locale } from './locale.ts';
import { fieldMarkup, knownUserMarkup, linkMarkup, problemMarkup } from './markup.ts';
import type { Answer, PageRouter, SignedInVisit } from './page-router.ts';

export type PasswordPageDeps = {
  localSignIn: Pick<LocalSignIn, 'withPassword'>;
  users: Pick<Users, 'change'>;
};

export const passwordPath = '/account/password';
const accountPath = '/account';

const formSchema = z.object({
  current: z.string().max(256),
  wanted: z.string(),
  again: z.string(),
});

/** Where people change the password of their own account. */
export function registerPasswordPage(
  router: PageRouter,
  { localSignIn, users }: PasswordPageDeps,
): void {
  router.signedIn('GET', passwordPath, null, async (visit) => formPage(visit, null));

  router.signedIn('POST', passwordPath, null, async (visit) => {
    const { request, session, locale } = visit;
    const { id, username } = session.user;
    try {
      const { current, wanted, again } = readAs(formSchema, request.body);
      // Whoever finds a browser that is signed in shall not take the account over.
      const place = { address: request.ip, terminalId: null };
      await localSignIn.withPassword(username, current, place);
      await users.change(id, { password: fitPassword(wanted, again) }, session.by);
    } catch (error) {
      return formPage(visit, mendable(error));
    }
    return { title: locale.text.newPassword.done, shape: 'card', body: doneMarkup(locale) };
  });
}

/** @throws password-unfit */
function fitPassword(wanted: string, again: string): string {
  const { success, data } = passwordSchema.safeParse(wanted);
  if (!success || wanted !== again) throw new CodedError('password-unfit');
  return data;
}

function formPage({ locale, session }: SignedInVisit, failure: CodedError | null): Answer {
  const body = formMarkup(locale, session.user.username, failure);
  return { title: locale.text.newPassword.title, shape: 'card', failure, body };
}

function formMarkup(locale: Locale, username: string, failure: CodedError | null): string {
  const { newPassword, common } = locale.text;
  const field = (name: keyof z.output<typeof formSchema>, label: string, hint?: string) =>
    fieldMarkup({
      name,
      label,
      ...(hint === undefined ? {} : { hint }),
      type: 'password',
      autocomplete: name === 'current' ? 'current-password' : 'new-password',
      maxLength: 256,
      focused: name === 'current',
      wrong: failure?.code === (name === 'current' ? 'credentials-wrong' : 'password-unfit'),
    });
  return html`
    <div>
      <h1 class="heading">${newPassword.title}</h1>
      <p class="soft">${newPassword.text}</p>
    </div>
    !${failure === null ? '' : problemMarkup(locale, failure.problem)}
    <form class="form" method="post" action="!${passwordPath}">
      !${knownUserMarkup(username)}
      !${field('current', newPassword.current)}
      !${field('wanted', newPassword.wanted, newPassword.wantedHint)}
      !${field('again', newPassword.again)}
      <div class="actions">
        <button class="button button-primary">${newPassword.submit}</button>
        !${linkMarkup(accountPath, common.cancel, 'plain')}
      </div>
    </form>`;
}

function doneMarkup({ text }: Locale): string {
  return html`
    <h1 class="heading">${text.newPassword.done}</h1>
    <p>${text.newPassword.doneText}</p>
    !${linkMarkup(accountPath, text.signIn.title, 'plain')}`;
}
