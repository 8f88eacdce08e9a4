import { html } from 'ghtml';
import type { Account } from '../../contract/admin.ts';
import type { CodedError } from '../../contract/errors.ts';
import type { Locale } from './locale.ts';
import { factsMarkup, fieldMarkup, knownUserMarkup, linkMarkup, problemMarkup } from './markup.ts';

export type AccountFacts = {
  username: string;
  displayName: string;
  /** Name of the identity provider that vouches for the user; null for an account of the broker. */
  provider: string | null;
  secondFactor: Account['secondFactor'];
};

type Paths = { factor: string; password: string };

export function accountMarkup({ text }: Locale, facts: AccountFacts, paths: Paths): string {
  const { account } = text;
  const { provider, secondFactor } = facts;
  const states = {
    off: account.factorOff,
    required: account.factorRequired,
    set: account.factorSet,
  };
  const list = [
    { name: account.displayName, value: facts.displayName },
    { name: account.username, value: facts.username },
  ];
  const own = { name: account.secondFactor, value: states[secondFactor] };
  const label = secondFactor === 'set' ? account.replace : account.setUp;
  return html`
    <h1 class="heading">${account.title}</h1>
    !${factsMarkup(provider === null ? [...list, own] : list)}
    !${
      provider === null
        ? html`
            !${linkMarkup(paths.factor, label, 'plain')}
            !${linkMarkup(paths.password, text.newPassword.title, 'plain')}`
        : html`<p class="soft">${account.elsewhere(provider)}</p>`
    }`;
}

type PasswordView = {
  username: string;
  action: string;
  back: string;
  failure: CodedError | null;
};

export function passwordMarkup(locale: Locale, view: PasswordView): string {
  const { username, action, back, failure } = view;
  const { text } = locale;
  return html`
    <div>
      <h1 class="heading">${text.setUp.title}</h1>
      <p class="soft">${text.account.passwordText}</p>
    </div>
    !${failure === null ? '' : problemMarkup(locale, failure.problem)}
    <form class="form" method="post" action="!${action}">
      !${knownUserMarkup(username)}
      !${fieldMarkup({
        name: 'password',
        label: text.common.password,
        type: 'password',
        autocomplete: 'current-password',
        maxLength: 256,
        focused: true,
        wrong: failure?.code === 'credentials-wrong',
      })}
      <div class="actions">
        <button class="button button-primary">${text.common.continue}</button>
        !${linkMarkup(back, text.common.cancel, 'plain')}
      </div>
    </form>`;
}
