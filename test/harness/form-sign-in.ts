import type { SignInWindow } from '../../src/terminal/sign-in-window.ts';

export type Credentials = {
  username: string;
  password: string;
  /** Asked for where the broker wants a second factor. */
  code?: () => string;
};

type Form = { action: string; fields: URLSearchParams };

const mostSteps = 20;

/**
 * A person at the broker's sign-in page, without a browser: follows redirects with the cookies that
 * were set, and fills the forms that come.
 */
export function createFormSignIn(deps: {
  fetch: typeof fetch;
  credentials: () => Credentials;
}): SignInWindow {
  return {
    async open({ url, redirectUri }, signal) {
      const browser = createBrowser(deps.fetch);
      let page = await browser.get(url, signal);
      for (let step = 0; step < mostSteps; step += 1) {
        if (page.location?.startsWith(redirectUri)) return page.location;
        page =
          page.location === null
            ? await browser.post(filled(formOf(page), deps.credentials()), signal)
            : await browser.get(page.location, signal);
      }
      throw new Error(`the sign-in came to no end; the last page was ${page.url}`);
    },
  };
}

type Page = { url: string; location: string | null; html: string };

function createBrowser(send: typeof fetch) {
  const cookies = new Map<string, string>();

  async function visit(url: string, init: RequestInit): Promise<Page> {
    const headers = new Headers(init.headers);
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    if (cookie !== '') headers.set('cookie', cookie);
    const response = await send(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';', 1)[0] ?? '').split(/=(.*)/s);
      if (/expires=Thu, 01 Jan 1970/i.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    const location = response.headers.get('location');
    return {
      url,
      location: location === null ? null : new URL(location, url).href,
      html: await response.text(),
    };
  }

  return {
    get: (url: string, signal: AbortSignal) => visit(url, { signal }),
    post: ({ action, fields }: Form, signal: AbortSignal) =>
      visit(action, {
        method: 'POST',
        body: fields.toString(),
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          origin: new URL(action).origin,
        },
        signal,
      }),
  };
}

/** The form of a page that has the field to be typed into. */
function formOf({ html, url }: Page): Form {
  for (const [form, attributes = '', inner = ''] of html.matchAll(/<form([^>]*)>(.*?)<\/form>/gs)) {
    if (!/name="(?:password|code)"/.test(form)) continue;
    const fields = new URLSearchParams();
    for (const [, input = ''] of inner.matchAll(/<input([^>]*)>/gs)) {
      const name = attribute(input, 'name');
      if (name !== null) fields.set(name, attribute(input, 'value') ?? '');
    }
    return { action: new URL(attribute(attributes, 'action') ?? url, url).href, fields };
  }
  throw new Error(`there is no form to sign in with at ${url}: ${html.slice(0, 2_000)}`);
}

function filled({ action, fields }: Form, { username, password, code }: Credentials): Form {
  const answers = { username, password, code: code?.() ?? '' };
  for (const [name, value] of Object.entries(answers)) {
    if (fields.has(name)) fields.set(name, value);
  }
  return { action, fields };
}

function attribute(text: string, name: string): string | null {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(text)?.[1];
  return value?.replaceAll('&amp;', '&') ?? null;
}
