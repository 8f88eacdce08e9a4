import { createHash, randomBytes } from 'node:crypto';
import {
  grantTypes,
  scopes,
  signInRedirectUri,
  terminalClientId,
} from '../../src/contract/identity.ts';
import { type FakeTerminalDeps, type Reply, textIn } from './transport.ts';

type Fields = Record<string, string>;

/** A terminal, as far as tokens are concerned. */
export type TokenHolder = {
  readonly id: string;
  nonce: string | null;
  refreshToken: string | null;
  terminalToken: string | null;
  userRefreshToken: string | null;
  accessToken: string | null;
  proof(method: string, path: string, token: string | null): Promise<string>;
};

export const deviceFields = {
  device_name: 'a terminal',
  device_model: 'Test 1',
  device_version: '1.2.3',
  device_vault: 'keychain',
};

/** What a terminal asks of the broker as an OAuth server, with cookies as its window keeps them. */
export class FakeOAuthClient {
  readonly #terminal: TokenHolder;
  readonly #deps: FakeTerminalDeps;

  constructor(terminal: TokenHolder, deps: FakeTerminalDeps) {
    this.#terminal = terminal;
    this.#deps = deps;
  }

  /** Posts a form with a proof, and once more when a nonce is asked for. */
  async post(path: string, fields: Fields): Promise<Reply> {
    const reply = await this.#postOnce(path, fields);
    const nonce = reply.headers['dpop-nonce'];
    if (typeof nonce === 'string') this.#terminal.nonce = nonce;
    const retry = JSON.stringify(reply.body).includes('use_dpop_nonce');
    return retry ? this.#postOnce(path, fields) : reply;
  }

  async #postOnce(path: string, fields: Fields): Promise<Reply> {
    return this.form(path, fields, { dpop: await this.#terminal.proof('POST', path, null) });
  }

  /** Posts a form as it is. */
  form(path: string, fields: Fields, headers: Fields = {}): Promise<Reply> {
    return this.#deps.send({
      method: 'POST',
      path,
      headers: {
        host: new URL(this.#deps.origin).host,
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      },
      payload: new URLSearchParams({ client_id: terminalClientId, ...fields }).toString(),
    });
  }

  token(grant_type: string, fields: Fields): Promise<Reply> {
    return this.post('/oauth/token', { grant_type, ...fields });
  }

  /** Asks to be enrolled (RFC 8628 section 3.1). */
  requestEnrollment(fields: Fields = deviceFields): Promise<Reply> {
    return this.post('/oauth/device', { scope: scopes.terminal, ...fields });
  }

  /** Asks whether it was approved, and keeps what it is given. */
  async pollEnrollment(deviceCode: string): Promise<Reply> {
    return this.#keepOwn(await this.token(grantTypes.deviceCode, { device_code: deviceCode }));
  }

  async enrollByToken(token: string): Promise<Reply> {
    const fields = { enrollment_token: token, ...deviceFields };
    return this.#keepOwn(await this.token(grantTypes.enrollmentToken, fields));
  }

  /** Renews the terminal's own tokens. */
  async refresh(refresh_token = this.#terminal.refreshToken ?? ''): Promise<Reply> {
    return this.#keepOwn(await this.token('refresh_token', { refresh_token }));
  }

  async refreshUser(refresh_token = this.#terminal.userRefreshToken ?? ''): Promise<Reply> {
    return this.#keepUser(await this.token('refresh_token', { refresh_token }));
  }

  async resume(): Promise<Reply> {
    const terminal_token = this.#terminal.terminalToken ?? '';
    return this.#keepUser(await this.token(grantTypes.resume, { terminal_token }));
  }

  async signInAccount(): Promise<Reply> {
    const terminal_token = this.#terminal.terminalToken ?? '';
    return this.#keepUser(await this.token(grantTypes.terminalAccount, { terminal_token }));
  }

  revoke(token: string): Promise<Reply> {
    return this.form('/oauth/revoke', { token });
  }

  /** Signs in on the broker's page as a person does, and trades the code for tokens. */
  async signIn(username: string, password: string): Promise<Reply> {
    const { url, verifier } = this.authorizationRequest();
    const jar = new CookieJar();
    const page = await this.follow(url, jar);
    if (page.path.startsWith(signInRedirectUri)) return page.reply;
    const answer = await this.follow(page.path, jar, { username, password });
    if (!answer.path.startsWith(signInRedirectUri)) return answer.reply;
    const code = new URL(answer.path).searchParams.get('code');
    return code === null ? answer.reply : this.exchange(code, verifier);
  }

  async exchange(code: string, code_verifier: string): Promise<Reply> {
    const fields = { code, code_verifier, redirect_uri: signInRedirectUri };
    return this.#keepUser(await this.token('authorization_code', fields));
  }

  authorizationRequest(overrides: Fields = {}): { url: string; verifier: string } {
    const verifier = randomBytes(32).toString('base64url');
    const query = new URLSearchParams({
      client_id: terminalClientId,
      response_type: 'code',
      redirect_uri: signInRedirectUri,
      scope: scopes.user,
      state: 'state',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      dpop_jkt: this.#terminal.id,
      ...overrides,
    });
    return { url: `/oauth/authorize?${query}`, verifier };
  }

  /** Goes where it is sent, as a browser does, until there is a page or the way leads elsewhere. */
  async follow(
    start: string,
    jar: CookieJar,
    form?: Fields,
  ): Promise<{ path: string; reply: Reply }> {
    const { origin, send } = this.#deps;
    let path = start;
    let fields = form;
    for (let hops = 0; hops < 10; hops += 1) {
      const reply = await send({
        method: fields === undefined ? 'GET' : 'POST',
        path,
        headers: {
          host: new URL(origin).host,
          accept: 'text/html',
          cookie: jar.header,
          ...(fields === undefined
            ? {}
            : { origin, 'content-type': 'application/x-www-form-urlencoded' }),
        },
        payload: fields && new URLSearchParams(fields).toString(),
      });
      jar.keep(reply.headers['set-cookie']);
      const { location } = reply.headers;
      if (typeof location !== 'string') return { path, reply };
      const next = new URL(location, origin);
      if (next.origin !== origin) return { path: location, reply };
      path = `${next.pathname}${next.search}`;
      fields = undefined;
    }
    throw new Error(`sent around in circles: ${path}`);
  }

  #keepOwn(reply: Reply): Reply {
    if (reply.status === 200) {
      this.#terminal.terminalToken = textIn(reply.body, 'access_token');
      this.#terminal.refreshToken = textIn(reply.body, 'refresh_token');
    }
    return reply;
  }

  #keepUser(reply: Reply): Reply {
    if (reply.status === 200) {
      this.#terminal.accessToken = textIn(reply.body, 'access_token');
      this.#terminal.userRefreshToken = textIn(reply.body, 'refresh_token');
    }
    return reply;
  }
}

/** Cookies by name alone: each window asks one broker. */
export class CookieJar {
  readonly #cookies = new Map<string, string>();

  keep(setCookie: unknown): void {
    for (const line of [setCookie].flat()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(String(line ?? '')) ?? [];
      if (name === undefined || value === undefined) continue;
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
  }

  get header(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}
