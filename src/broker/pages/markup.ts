import { html } from 'ghtml';
import { encode } from 'uqr';
import type { Problem } from '../../contract/errors.ts';
import { formatDuration, type Locale } from './locale.ts';

/*
 * Pieces that the pages are made of. A piece is HTML that is safe to put into a page as it is
 * (`!${piece}`); everything else goes through the escaping of the template.
 */

type Field = {
  name: string;
  label: string;
  type?: 'text' | 'password';
  value?: string;
  autocomplete: string;
  hint?: string;
  /** Whether the problem that the page tells of is with what was filled in here. */
  wrong?: boolean;
  /** Whether it is the first thing to be filled in. */
  focused?: boolean;
  optional?: boolean;
  maxLength: number;
  /** Written from left to right in every language, such as codes. */
  code?: 'letters' | 'digits';
};

/** The one problem that a page tells of. */
const problemId = 'problem';

/** A labelled input with its hint and what is wrong with it, which screen readers tell with it. */
export function fieldMarkup(field: Field): string {
  const { name, wrong = false, code } = field;
  const described = [
    field.hint === undefined ? null : `${name}-hint`,
    wrong ? problemId : null,
  ].filter((id) => id !== null);
  return html`
    <div class="field">
      <label class="label" for="${name}">${field.label}</label>
      !${field.hint === undefined ? '' : html`<p class="hint" id="${name}-hint">${field.hint}</p>`}
      <input class="input !${code === undefined ? '' : 'input-code'}" id="${name}" name="${name}"
        type="${field.type ?? 'text'}" value="${field.value ?? ''}" maxlength="${field.maxLength}"
        autocomplete="${field.autocomplete}" autocapitalize="!${code === 'letters' ? 'characters' : 'none'}"
        spellcheck="false" dir="!${code === undefined ? 'auto' : 'ltr'}"
        !${code === 'digits' ? 'inputmode="numeric" pattern="[0-9 ]*"' : ''}
        !${field.optional === true ? '' : 'required'}
        !${wrong ? 'aria-invalid="true"' : ''}
        !${described.length === 0 ? '' : html`aria-describedby="${described.join(' ')}"`}
        !${field.focused === true ? 'autofocus' : ''}>
    </div>`;
}

export function hiddenMarkup(fields: { readonly [name: string]: string | undefined }): string {
  return Object.entries(fields)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)
    .join('');
}

/** Whose password is asked for, where the page knows: for password managers alone. */
export function knownUserMarkup(username: string): string {
  return html`<input hidden type="text" name="username" value="${username}" autocomplete="username" readonly>`;
}

/** What went wrong, what to do about it, and when to try again. */
export function problemMarkup(locale: Locale, problem: Problem): string {
  const { message, remedy } = locale.text.problem.text(problem.code);
  const { retryAfterSeconds } = problem;
  return html`
    <div class="notice" role="alert" id="!${problemId}">
      <strong>${message}</strong>
      <span>${remedy}</span>
      !${
        retryAfterSeconds === undefined
          ? ''
          : html`<span>${locale.text.problem.retryAfter(formatDuration(locale, retryAfterSeconds))}</span>`
      }
    </div>`;
}

/** Names and values in two columns. */
export function factsMarkup(facts: readonly { name: string; value: string; code?: boolean }[]) {
  const rows = facts.map(
    ({ name, value, code }) => html`
      <div class="fact">
        <dt>${name}</dt>
        <dd !${code === true ? 'class="code"' : ''}><bdi>${value}</bdi></dd>
      </div>`,
  );
  return html`<dl class="facts">!${rows}</dl>`;
}

/** A link that looks like a button. @param href a path of our own */
export function linkMarkup(href: string, label: string, kind: 'primary' | 'plain'): string {
  return html`<a class="button !${kind === 'primary' ? 'button-primary' : ''}" href="${href}">${label}</a>`;
}

/** One path for all dark modules; the light ones are the ground, with the four around them that scanners need. */
export function qrCodeMarkup(content: string, label: string): string {
  const { data, size } = encode(content, { ecc: 'M', border: 4 });
  const path = data
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')))
    .join('');
  return html`
    <svg class="qr-code" viewBox="0 0 ${size} ${size}" role="img" aria-label="${label}">
      <path class="qr-code-ground" d="M0 0h!${size}v!${size}h-!${size}z"/>
      <path class="qr-code-modules" d="${path}"/>
    </svg>`;
}
