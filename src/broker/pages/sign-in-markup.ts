import { html } from 'ghtml';
import type { CodedError } from '../../contract/errors.ts';
import { signInPath } from '../identity/provider/configuration.ts';
import type { Proposal } from '../identity/second-factor.ts';
import { certificateHint } from './certificate-page.ts';
import type { Locale } from './locale.ts';
import { fieldMarkup, knownUserMarkup, linkMarkup, problemMarkup, qrCodeMarkup } from './markup.ts';

type IdentifyView = {
  uid: string;
  broker: string;
  /** Not in the window of a terminal. */
  inBrowser: boolean;
  username: string | null;
  /** What was typed before, when it is shown again. */
  typedName: string;
  failure: CodedError | null;
  providers: readonly { id: string; name: string }[];
};

/** Name and password, or an identity provider. */
export function identifyMarkup(locale: Locale, view: IdentifyView): string {
  const { signIn, common } = locale.text;
  const { uid, username, typedName, failure } = view;
  const known = username !== null;
  return html`
    <div>
      <h1 class="heading">${known ? signIn.welcomeBack : signIn.title}</h1>
      <p class="soft"><bdi>${known ? signIn.welcomeBackText(username) : signIn.to(view.broker)}</bdi></p>
    </div>
    !${failure === null ? '' : problemMarkup(locale, failure.problem)}
    <form class="form" method="post" action="${signInPath(uid)}">
      !${
        known
          ? knownUserMarkup(username)
          : fieldMarkup({
              name: 'username',
              label: signIn.username,
              value: typedName,
              autocomplete: 'username',
              maxLength: 64,
              focused: typedName === '',
            })
      }
      !${fieldMarkup({
        name: 'password',
        label: common.password,
        type: 'password',
        autocomplete: 'current-password',
        maxLength: 256,
        focused: known || typedName !== '',
        wrong: failure?.code === 'credentials-wrong',
      })}
      <button class="button button-primary">${known ? signIn.unlock : signIn.submit}</button>
    </form>
    !${
      view.providers.length === 0
        ? ''
        : html`
          <p class="divider"><span>${signIn.or}</span></p>
          <div class="stack">
            !${view.providers.map(({ id, name }) => linkMarkup(`${signInPath(uid)}/with/${id}`, signIn.with(name), 'plain'))}
          </div>`
    }
    !${cancelMarkup(locale, uid)}
    !${view.inBrowser ? certificateHint(locale) : ''}`;
}

type CodeView = { uid: string; failure: CodedError | null };

export function codeMarkup(locale: Locale, { uid, failure }: CodeView): string {
  const { code } = locale.text;
  return html`
    <div>
      <h1 class="heading">${code.title}</h1>
      <p class="soft">${code.text}</p>
    </div>
    !${failure === null ? '' : problemMarkup(locale, failure.problem)}
    <form class="form" method="post" action="${signInPath(uid)}">
      !${codeFieldMarkup(locale, failure)}
      <button class="button button-primary">${code.submit}</button>
    </form>
    !${cancelMarkup(locale, uid)}`;
}

type SetUpView = { action: string; proposal: Proposal; failure: CodedError | null };

export function setUpMarkup(locale: Locale, { action, proposal, failure }: SetUpView): string {
  const { setUp } = locale.text;
  return html`
    <div>
      <h1 class="heading">${setUp.title}</h1>
      <p class="soft">${setUp.text}</p>
    </div>
    !${failure === null ? '' : problemMarkup(locale, failure.problem)}
    !${qrCodeMarkup(proposal.uri, setUp.picture)}
    <div>
      <p class="hint">${setUp.byHand}</p>
      <p class="code" dir="ltr">${proposal.secret.replaceAll(/(.{4})(?=.)/g, '$1 ')}</p>
    </div>
    <form class="form" method="post" action="${action}">
      !${codeFieldMarkup(locale, failure)}
      <button class="button button-primary">${setUp.submit}</button>
    </form>`;
}

function codeFieldMarkup({ text }: Locale, failure: CodedError | null): string {
  return fieldMarkup({
    name: 'code',
    label: text.code.label,
    autocomplete: 'one-time-code',
    maxLength: 7,
    code: 'digits',
    focused: true,
    wrong: failure?.code === 'second-factor-wrong',
  });
}

/** Below the form, so that the enter key never means it. */
export function cancelMarkup({ text }: Locale, uid: string): string {
  return html`
    <form method="post" action="${signInPath(uid)}/cancel">
      <button class="button button-quiet">${text.common.cancel}</button>
    </form>`;
}
