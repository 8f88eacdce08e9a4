import { html } from 'ghtml';
import type { Permission } from '../../contract/permissions.ts';
import type { Locale } from './locale.ts';

export type Page = {
  title: string;
  /** HTML. */
  body: string;
  /** `card`: one thing to do, in the middle; `wide`: something to look through. */
  shape: 'card' | 'wide';
  /** Whether it says that something went wrong, which its title then begins with. */
  failed?: boolean;
  /** Who sees the menu of the pages, and on which path they are. */
  viewer?: Viewer | null;
};

export type Viewer = {
  displayName: string;
  permissions: ReadonlySet<Permission>;
  path: string;
};

const mark = html`
  <svg class="brand-mark" viewBox="0 0 48 48" aria-hidden="true">
    <circle class="brand-rim" cx="24" cy="24" r="22"/>
    <circle class="brand-sky" cx="24" cy="24" r="16"/>
    <path class="brand-sea" d="M8.2 26.4c3.5 2.4 7 2.4 10.5 0s7-2.4 10.6 0 7 2.4 10.5 0A16 16 0 0 1 8.2 26.4Z"/>
    <circle class="brand-sun" cx="30" cy="17.5" r="3.2"/>
  </svg>`;

const horizon = html`
  <svg class="horizon" viewBox="0 0 1200 200" preserveAspectRatio="none" aria-hidden="true">
    <path class="horizon-far" d="M0 62c100-26 200-26 300 0s200 26 300 0 200-26 300 0 200 26 300 0v138H0Z"/>
    <path class="horizon-near" d="M0 120c120 30 240 30 400 4s280-40 420-8 260 24 380-6v90H0Z"/>
  </svg>`;

export const stylePath = '/pages/style.css';

export function layoutMarkup(locale: Locale, page: Page): string {
  const { text, language, direction } = locale;
  const title = page.failed === true ? text.common.errorTitle(page.title) : page.title;
  return html`<!doctype html>
<html lang="!${language}" dir="!${direction}">
  <head>
    <meta charset="utf-8">
    <title>${title} – ${text.app.name}</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="${stylePath}">
  </head>
  <body>
    <a class="skip-link" href="#main">${text.app.skip}</a>
    <header class="header">
      <span class="brand">!${mark}${text.app.name}</span>
      !${page.viewer ? menuMarkup(locale, page.viewer) : ''}
    </header>
    <main id="main" class="main-!${page.shape}">
      !${page.body}
    </main>
    !${horizon}
  </body>
</html>`;
}

function menuMarkup({ text }: Locale, { displayName, permissions, path }: Viewer): string {
  const links = [
    { href: '/terminals', label: text.app.terminals, permission: 'terminals.read' as const },
    { href: '/enroll', label: text.app.enroll, permission: 'terminals.enroll' as const },
    { href: '/account', label: text.app.account, permission: null },
  ]
    .filter(({ permission }) => permission === null || permissions.has(permission))
    .map(
      ({ href, label }) =>
        html`<li><a href="${href}" !${href === path ? 'aria-current="page"' : ''}>${label}</a></li>`,
    );
  return html`
    <nav class="menu" aria-label="${text.app.nav}">
      <ul>!${links}</ul>
      <form method="post" action="/pages/sign-out">
        <button class="button button-small" title="${text.app.signedInAs(displayName)}">
          ${text.app.signOut}
        </button>
      </form>
    </nav>`;
}
