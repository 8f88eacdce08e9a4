import type { FastifyInstance } from 'fastify';

type Answer = { status: number; url: string; html: string; headers: Record<string, unknown> };
type Cookie = { value: string; path: string };

const mostRedirects = 10;

/** A browser as far as the broker's pages need one: keeps cookies by path, and follows redirects. */
export class FakeBrowser {
  readonly #app: FastifyInstance;
  readonly #origin: string;
  readonly #cookies = new Map<string, Cookie>();
  readonly #language: string;
  readonly #address: string;

  constructor(app: FastifyInstance, origin: string, language = 'en', address = '192.0.2.1') {
    this.#app = app;
    this.#origin = origin;
    this.#language = language;
    this.#address = address;
  }

  /** To the page that one is led to in the end; redirects off the broker are not followed. */
  async get(path: string): Promise<Answer> {
    return this.#follow(await this.#send('GET', path));
  }

  async post(
    path: string,
    fields: Record<string, string> = {},
    headers: Record<string, string> = { origin: this.#origin },
  ): Promise<Answer> {
    return this.#follow(await this.#send('POST', path, fields, headers));
  }

  /** Signs in at whatever page leads to it. */
  async signIn(path: string, username: string, password: string): Promise<Answer> {
    const page = await this.get(path);
    return this.post(page.url, { username, password });
  }

  async #follow(first: Answer): Promise<Answer> {
    let answer = first;
    for (let count = 0; answer.status === 303 || answer.status === 302; count += 1) {
      if (count > mostRedirects) throw new Error(`redirects without end, at ${answer.url}`);
      const target = new URL(String(answer.headers.location), `${this.#origin}${answer.url}`);
      if (target.origin !== this.#origin) return { ...answer, url: target.href };
      answer = await this.#send('GET', `${target.pathname}${target.search}`);
    }
    return answer;
  }

  async #send(
    method: 'GET' | 'POST',
    path: string,
    fields?: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await this.#app.inject({
      method,
      url: path,
      remoteAddress: this.#address,
      headers: {
        host: new URL(this.#origin).host,
        'accept-language': this.#language,
        cookie: this.#cookiesFor(path),
        ...(fields && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...headers,
      },
      ...(fields && { payload: new URLSearchParams(fields).toString() }),
    });
    for (const line of [response.headers['set-cookie'] ?? []].flat()) this.#keep(line);
    const { statusCode, body } = response;
    return { status: statusCode, url: path, html: body, headers: response.headers };
  }

  #keep(line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    const path = /; path=([^;]+)/i.exec(line)?.[1] ?? '/';
    const gone = value === '' || /expires=Thu, 01 Jan 1970/i.test(line);
    if (gone) this.#cookies.delete(`${name} ${path}`);
    else this.#cookies.set(`${name} ${path}`, { value: `${name}=${value}`, path });
  }

  #cookiesFor(path: string): string {
    return [...this.#cookies.values()]
      .filter((cookie) => path.startsWith(cookie.path))
      .map(({ value }) => value)
      .join('; ');
  }
}
