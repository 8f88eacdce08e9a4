import { html } from 'ghtml';
import type { Enrollment } from '../../contract/admin.ts';
import type { CodedError } from '../../contract/errors.ts';
import { approvalPath, fingerprintOf } from '../../contract/identity.ts';
import type { Seen } from '../identity/enrollments.ts';
import { formatAge, type Locale } from './locale.ts';
import { factsMarkup, fieldMarkup, hiddenMarkup, linkMarkup, problemMarkup } from './markup.ts';

type Review = {
  enrollment: Enrollment;
  /** What the QR code told of the terminal, and the broker has compared. */
  seen: Seen;
  groups: readonly { id: string; name: string }[];
  mayAddGroup: boolean;
  now: number;
};

/** The terminal that waits, and what to do with it. */
export function reviewMarkup(locale: Locale, view: Review): string {
  const { enroll, vault } = locale.text;
  const { enrollment, seen } = view;
  const requestedAt = Date.parse(enrollment.requestedAt);
  return html`
    <h1 class="heading">${enroll.review}</h1>
    !${verdictMarkup(locale, seen)}
    !${factsMarkup([
      { name: enroll.fingerprint, value: fingerprintOf(enrollment.terminalId), code: true },
      { name: enroll.model, value: enrollment.model },
      { name: enroll.version, value: enrollment.version },
      { name: enroll.vault, value: vault[enrollment.vault] },
      { name: enroll.address, value: enrollment.address },
      { name: enroll.askedAt, value: formatAge(locale, requestedAt, view.now) },
    ])}
    <form class="form" method="post" action="!${approvalPath}">
      !${hiddenMarkup({ code: enrollment.userCode, ...seen })}
      !${fieldMarkup({
        name: 'name',
        label: enroll.name,
        value: enrollment.name,
        autocomplete: 'off',
        maxLength: 80,
      })}
      !${groupMarkup(locale, view)}
      <p class="hint">${enroll.risk}</p>
      <div class="actions">
        <button class="button button-primary" name="decision" value="approve">${enroll.approve}</button>
        <button class="button button-danger" name="decision" value="deny" formnovalidate>${enroll.deny}</button>
      </div>
    </form>`;
}

/** With the QR code the broker has compared already; who typed the code has to do it. */
function verdictMarkup({ text }: Locale, { ca, key }: Seen): string {
  const compared = ca !== undefined && key !== undefined;
  return compared
    ? html`<p class="verdict"><span aria-hidden="true">✓</span> ${text.enroll.sameBroker}</p>`
    : html`<p class="notice">${text.enroll.compare}</p>`;
}

function groupMarkup({ text }: Locale, { groups, mayAddGroup }: Review): string {
  const options = groups.map(({ id, name }) => html`<option value="${id}">${name}</option>`);
  return html`
    <div class="field">
      <label class="label" for="group">${text.enroll.group}</label>
      <select class="input" id="group" name="group">
        <option value="">${text.enroll.noGroup}</option>
        !${options}
      </select>
    </div>
    !${
      mayAddGroup
        ? fieldMarkup({
            name: 'newGroup',
            label: text.enroll.newGroup,
            hint: text.enroll.newGroupHint,
            autocomplete: 'off',
            maxLength: 80,
            optional: true,
          })
        : ''
    }`;
}

export function enrolledMarkup({ text }: Locale, name: string): string {
  return html`
    <h1 class="heading">${text.enroll.approved(name)}</h1>
    <p>${text.enroll.approvedText}</p>
    !${linkMarkup(approvalPath, text.enroll.another, 'plain')}`;
}

export function refusedMarkup({ text }: Locale): string {
  return html`
    <h1 class="heading">${text.enroll.denied}</h1>
    <p>${text.enroll.deniedText}</p>
    !${linkMarkup(approvalPath, text.enroll.another, 'plain')}`;
}

/** No way to approve from here. */
export function mismatchMarkup(locale: Locale, failure: CodedError): string {
  const { text } = locale;
  return html`
    <h1 class="heading">${text.enroll.mismatchTitle}</h1>
    !${problemMarkup(locale, failure.problem)}
    !${linkMarkup(approvalPath, text.common.back, 'plain')}`;
}
