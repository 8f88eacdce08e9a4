import { X509Certificate } from 'node:crypto';
import { html } from 'ghtml';
import type { Locale } from './locale.ts';
import { factsMarkup, linkMarkup } from './markup.ts';
import type { PageRouter } from './page-router.ts';

const path = '/certificate';
/** The file itself. */
export const certificatePath = '/ca.pem';

/** How the warning of a browser is got rid of, and what has to be compared before. */
export function registerCertificatePage(router: PageRouter, caCertificate: () => string): void {
  router.open('GET', path, async ({ locale }) => {
    const { title, text, fingerprint, compare, install, download } = locale.text.certificate;
    // As browsers and phones show it.
    const { fingerprint256 } = new X509Certificate(caCertificate());
    return {
      title,
      shape: 'card',
      body: html`
        <h1 class="heading">${title}</h1>
        <p>${text}</p>
        !${factsMarkup([{ name: fingerprint, value: fingerprint256, code: true }])}
        <p>${compare}</p>
        <p class="soft">${install}</p>
        !${linkMarkup(certificatePath, download, 'primary')}`,
    };
  });
}

/** For pages that a browser shows; the terminal knows its broker by other means. */
export function certificateHint({ text }: Locale): string {
  return html`<p class="hint">${text.certificate.question} <a href="!${path}">${text.certificate.title}</a></p>`;
}
