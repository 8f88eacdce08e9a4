import { html } from 'ghtml';
import { z } from 'zod';
import type { EnrolledTerminal } from '../../contract/admin.ts';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import { terminalIdSchema } from '../../contract/identity.ts';
import type { Terminals } from '../terminals/terminals.ts';
import { readAs } from './form.ts';
import { formatAge, formatCount, type Locale } from './locale.ts';
import { linkMarkup } from './markup.ts';
import type { PageRouter } from './page-router.ts';

export type TerminalsPageDeps = { clock: Clock; terminals: Pick<Terminals, 'list' | 'revoke'> };

const path = '/terminals';
const paramsSchema = z.object({ id: terminalIdSchema });

/** The terminals that are enrolled, and the end of one. */
export function registerTerminalsPage(router: PageRouter, deps: TerminalsPageDeps): void {
  const { clock, terminals } = deps;

  /** @throws not-found, also for what is not the id of a terminal */
  async function enrolled(params: unknown): Promise<EnrolledTerminal> {
    const { id } = readAs(paramsSchema, params);
    const all = await terminals.list();
    const found = all.find((terminal) => terminal.id === id && !terminal.revoked);
    if (found === undefined) throw new CodedError('not-found');
    return found;
  }

  router.signedIn('GET', path, 'terminals.read', async ({ locale, session }) => {
    const all = (await terminals.list()).filter(({ revoked }) => !revoked);
    const view = {
      terminals: all,
      mayRevoke: session.permissions.has('terminals.manage'),
      now: clock.now(),
    };
    return {
      title: locale.text.terminals.title,
      shape: 'wide',
      body: listMarkup(locale, view),
    };
  });

  router.signedIn('GET', `${path}/:id/revoke`, 'terminals.manage', async (visit) => {
    const { locale, request } = visit;
    const { id, name } = await enrolled(request.params);
    const { revokeTitle, revokeText, revokeConfirm, keep } = locale.text.terminals;
    return {
      title: revokeTitle(name),
      shape: 'card',
      body: html`
        <h1 class="heading">${revokeTitle(name)}</h1>
        <p>${revokeText}</p>
        <form class="actions" method="post" action="!${path}/${id}/revoke">
          <button class="button button-danger">${revokeConfirm}</button>
          !${linkMarkup(path, keep, 'plain')}
        </form>`,
    };
  });

  router.signedIn('POST', `${path}/:id/revoke`, 'terminals.manage', async (visit) => {
    const { id } = await enrolled(visit.request.params);
    await terminals.revoke(id, visit.session.by);
    return { location: path };
  });
}

type List = { terminals: readonly EnrolledTerminal[]; mayRevoke: boolean; now: number };

function listMarkup(locale: Locale, { terminals, mayRevoke, now }: List): string {
  const { terminals: text } = locale.text;
  const heading = html`<h1 class="heading">${text.title}</h1>`;
  if (terminals.length === 0) return html`!${heading}<p class="soft">${text.none}</p>`;
  const columns = [text.name, text.group, text.user, text.version, text.vault, text.seen];
  const heads = columns.map((name) => html`<th scope="col">${name}</th>`);
  const rows = terminals.map((terminal) => rowMarkup(locale, { terminal, mayRevoke, now }));
  return html`
    !${heading}
    <table class="table">
      <caption class="soft">${text.caption(formatCount(locale, terminals.length))}</caption>
      <thead>
        <tr>
          !${heads}
          !${mayRevoke ? html`<th scope="col"><span class="visually-hidden">${text.actions}</span></th>` : ''}
        </tr>
      </thead>
      <tbody>!${rows}</tbody>
    </table>`;
}

type Row = { terminal: EnrolledTerminal; mayRevoke: boolean; now: number };

/** On a narrow screen the cells stand below each other, with what they are in `data-label`. */
function rowMarkup({ text, ...locale }: Locale, { terminal, mayRevoke, now }: Row): string {
  const { terminals: names, vault } = text;
  const { id, name, model, group, user, version, seenAt } = terminal;
  return html`
    <tr>
      <th scope="row"><bdi>${name}</bdi><span class="soft"><bdi>${model}</bdi></span></th>
      <td data-label="${names.group}"><bdi>${group?.name ?? names.noGroup}</bdi></td>
      <td data-label="${names.user}"><bdi>${user ?? names.nobody}</bdi></td>
      <td data-label="${names.version}"><bdi>${version}</bdi></td>
      <td data-label="${names.vault}">${vault[terminal.vault]}</td>
      <td data-label="${names.seen}">${formatAge({ ...locale, text }, Date.parse(seenAt), now)}</td>
      !${
        mayRevoke
          ? html`
            <td class="table-action">
              <a class="button button-small" href="!${path}/${id}/revoke" aria-label="${names.revokeNamed(name)}">${names.revoke}</a>
            </td>`
          : ''
      }
    </tr>`;
}
