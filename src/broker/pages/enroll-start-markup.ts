import { html } from 'ghtml';
import type { Enrollment } from '../../contract/admin.ts';
import type { CodedError } from '../../contract/errors.ts';
import { approvalPath } from '../../contract/identity.ts';
import { certificateHint } from './certificate-page.ts';
import { formatAge, type Locale } from './locale.ts';
import { fieldMarkup, problemMarkup } from './markup.ts';

export type EnrollStart = {
  /** What was typed, when it is shown again. */
  code: string;
  failure: CodedError | null;
  waiting: readonly Enrollment[];
  now: number;
};

/**
 * A field for the code, and who waits. The list has no codes and leads nowhere: to approve a
 * terminal, one has to have read the code off its screen.
 */
export function enrollStartMarkup(locale: Locale, view: EnrollStart): string {
  const { enroll } = locale.text;
  const { failure } = view;
  return html`
    <div>
      <h1 class="heading">${enroll.title}</h1>
      <p class="soft">${enroll.text}</p>
    </div>
    !${failure === null ? '' : problemMarkup(locale, failure.problem)}
    <form class="form" method="get" action="!${approvalPath}">
      !${fieldMarkup({
        name: 'code',
        label: enroll.code,
        hint: enroll.codeHint,
        value: view.code,
        autocomplete: 'off',
        maxLength: 16,
        code: 'letters',
        focused: true,
        wrong: failure?.code === 'enrollment-not-found',
      })}
      <button class="button button-primary">${enroll.find}</button>
    </form>
    <p class="hint">${enroll.risk}</p>
    !${certificateHint(locale)}
    <section class="waiting" aria-labelledby="waiting">
      <h2 class="subheading" id="waiting">${enroll.waiting}</h2>
      !${view.waiting.length === 0 ? html`<p class="soft">${enroll.nobodyWaits}</p>` : waitingMarkup(locale, view)}
    </section>`;
}

function waitingMarkup(locale: Locale, { waiting, now }: EnrollStart): string {
  const items = waiting.map(({ name, model, address, requestedAt }) => {
    const age = formatAge(locale, Date.parse(requestedAt), now);
    return html`
      <li>
        <strong><bdi>${name}</bdi></strong>
        <span class="soft"><bdi>${model}</bdi> · <bdi>${address}</bdi> · ${locale.text.enroll.asked(age)}</span>
      </li>`;
  });
  return html`<ul class="list">!${items}</ul>`;
}
