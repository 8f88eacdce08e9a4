import { TOTP } from 'otpauth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLine } from '../../../../../src/broker/audit/actor.ts';
import {
  scopes,
  signInRedirectUri,
  terminalClientId,
} from '../../../../../src/contract/identity.ts';
import { FakeBrowser } from '../../../../fakes/fake-browser.ts';
import { type PagesBroker, password, startPagesBroker } from '../../../../fakes/pages-broker.ts';

let broker: PagesBroker;
beforeAll(async () => {
  broker = await startPagesBroker();
});
afterAll(() => broker.dispose());

const browser = (language?: string) => new FakeBrowser(broker.app, broker.origin, language);

describe('signing in at a page', () => {
  it('leads back to the page asked for', async () => {
    const signedIn = await browser().signIn('/account', 'Ada ', password);
    expect(signedIn).toMatchObject({ status: 200, url: '/account' });
    expect(signedIn.html).toContain('Ada Lovelace');
  });

  it('says so of a wrong password, and keeps the name that was typed', async () => {
    const wrong = await browser().signIn('/account', 'ada', 'wrong');
    expect(wrong.status).toBe(401);
    expect(wrong.html).toContain('value="ada"');
    expect(wrong.html).toMatch(/aria-invalid="true"\s+aria-describedby="problem"/);
    expect(wrong.html).not.toContain('value="wrong"');
  });

  it('says the same of a name that nobody has', async () => {
    const visitor = browser();
    const known = await visitor.signIn('/account', 'ada', 'wrong');
    const unknown = await browser().signIn('/account', 'eve', 'wrong');
    const bare = (html: string) => html.replaceAll(/\/sign-in\/[\w-]+|value="\w*"/g, '');
    expect(bare(unknown.html)).toBe(bare(known.html));
  });

  it('shows what was typed as text, whatever it is', async () => {
    const answer = await browser().signIn('/account', '"><img src=x onerror=alert(1)>', 'x');
    expect(answer.html).not.toContain('<img');
  });

  it('makes those wait who guess on', async () => {
    const visitor = new FakeBrowser(broker.app, broker.origin, 'en', '192.0.2.7');
    const { url } = await visitor.get('/account');
    const tries = Array.from({ length: 6 }, () => ({ username: 'carol', password: 'guess' }));
    let last = await visitor.get(url);
    for (const each of tries) last = await visitor.post(url, each);
    expect(last.status).toBe(429);
    expect(Number(last.headers['retry-after'])).toBeGreaterThan(0);
    expect(last.html).toMatch(/You can try again in \d+ seconds?\./);
  });

  it('tells of a disabled account only after the right password', async () => {
    await broker.users.change(broker.bob.id, { disabled: true }, commandLine);
    expect((await browser().signIn('/account', 'bob', 'wrong')).status).toBe(401);
    const right = await browser().signIn('/account', 'bob', password);
    expect(right.status).toBe(403);
    expect(right.html).toContain('This account is switched off.');
    await broker.users.change(broker.bob.id, { disabled: false }, commandLine);
  });

  it('can be cancelled', async () => {
    const visitor = browser();
    const { url } = await visitor.get('/account');
    const cancelled = await visitor.post(`${url}/cancel`);
    expect(cancelled.html).toContain('You are signed out');
  });

  it('is over for a browser that did not begin it', async () => {
    const { url } = await browser().get('/account');
    const other = await browser().get(url);
    expect(other.status).toBe(410);
  });

  it('refuses forms of other pages, and those that do not say where they are from', async () => {
    const visitor = browser();
    const { url } = await visitor.get('/account');
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, undefined]) {
      const answer = await visitor.post(url, { username: 'ada', password }, headers ?? {});
      expect(answer.status).toBe(403);
    }
  });

  it('leads nowhere but to pages of its own', async () => {
    const visitor = browser();
    await visitor.get('/account');
    const forged = await visitor.get('/pages/signed-in?state=forged');
    expect(forged.url).toMatch(/^\/sign-in\//);
    const elsewhere = await visitor.get('/pages/signed-in?state=https://evil.example');
    expect(elsewhere.url).toMatch(/^\/sign-in\//);
  });

  it('speaks Arabic to those who read it', async () => {
    const page = await browser('ar-EG,en;q=0.5').get('/account');
    expect(page.html).toContain('<html lang="ar" dir="rtl">');
    expect(page.html).toContain('تسجيل الدخول');
  });

  it('runs no script, and can be put into no frame', async () => {
    const page = await browser().get('/account');
    expect(page.html).not.toContain('<script');
    expect(page.html).not.toContain('style="');
    expect(page.headers['content-security-policy']).toBe(
      "default-src 'none'; style-src 'self'; img-src 'self' data:; " +
        "form-action 'self' app.porthole:; frame-ancestors 'none'; base-uri 'none'",
    );
    expect(page.headers['cache-control']).toBe('no-store');
  });

  it('leaves no code in the log', async () => {
    await browser().get('/sign-in/callback/corp?state=x&code=canary');
    await browser().get('/enroll?code=canary');
    await browser().signIn('/account', 'canary', 'canary');
    expect(broker.logLines.join('')).not.toContain('canary');
  });

  it('ends with signing out', async () => {
    const visitor = browser();
    await visitor.signIn('/account', 'ada', password);
    await visitor.post('/pages/sign-out');
    expect((await visitor.get('/account')).url).toMatch(/^\/sign-in\//);
  });
});

describe('signing in at a terminal', () => {
  const terminalId = 't'.repeat(43);
  const request = (more: Record<string, string>) =>
    `/oauth/authorize?${new URLSearchParams({
      client_id: terminalClientId,
      response_type: 'code',
      redirect_uri: signInRedirectUri,
      scope: scopes.user,
      code_challenge: 'c'.repeat(43),
      code_challenge_method: 'S256',
      state: 'state',
      dpop_jkt: terminalId,
      ...more,
    })}`;

  beforeAll(async () => {
    const facts = { model: '', version: '1', vault: 'keychain', address: '192.0.2.1' } as const;
    const terminal = { id: terminalId, name: 'Desk', groupId: null, enrolledBy: 'ada', ...facts };
    await broker.terminals.enroll(terminal, commandLine);
  });

  it('ends at the address where nothing is loaded, with a code', async () => {
    const { url } = await browser().signIn(request({}), 'ada', password);
    expect(url).toMatch(/^app\.porthole:\/signed-in\?code=[\w-]+&state=state/);
  });

  it('is for the one user that a locked terminal names, in the language it asks for', async () => {
    const visitor = browser();
    const page = await visitor.get(request({ login_hint: 'ada', ui_locales: 'ar' }));
    expect(page.html).toContain('lang="ar"');
    expect(page.html).toContain('<input hidden type="text" name="username" value="ada"');
    const other = await visitor.post(page.url, { username: 'bob', password: 'bob’s own' });
    expect(other.status).toBe(401);
    const { url } = await visitor.post(page.url, { username: 'bob', password });
    expect(url).toMatch(/^app\.porthole:/);
    const [event] = await broker.db
      .selectFrom('oidc_artifacts')
      .select('payload')
      .where('model', '=', 'AuthorizationCode')
      .orderBy('created_at', 'desc')
      .execute();
    expect(event?.payload).toContain(broker.ada.id);
  });

  it('can be cancelled, which the terminal is told', async () => {
    const visitor = browser();
    const page = await visitor.get(request({}));
    expect(page.html).not.toContain('href="/certificate"');
    const { url } = await visitor.post(`${page.url}/cancel`);
    expect(url).toMatch(/^app\.porthole:\/signed-in\?error=access_denied/);
  });

  it('opens no page for a terminal that is not enrolled', async () => {
    const { url } = await browser().get(request({ dpop_jkt: 'u'.repeat(43) }));
    expect(url).toMatch(/^app\.porthole:\/signed-in\?error=access_denied/);
  });

  it('explains on a page what it cannot tell a client', async () => {
    const answer = await browser().get(request({ redirect_uri: 'https://evil.example/' }));
    expect(answer.status).toBe(400);
    expect(answer.html).toContain('This did not work');
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
  });
});

describe('the second factor', () => {
  const codeOf = (secret: string) =>
    new TOTP({ secret: secret.replaceAll(' ', '') }).generate({ timestamp: broker.clock.now() });
  let secret = '';

  it('is set up at the sign-in where it is required', async () => {
    await broker.users.change(broker.bob.id, { secondFactor: 'required' }, commandLine);
    const visitor = browser();
    const setUp = await visitor.signIn('/account', 'bob', password);
    expect(setUp.html).toContain('role="img"');
    secret = /<p class="code" dir="ltr">([A-Z2-7 ]+)</.exec(setUp.html)?.[1] ?? '';
    expect((await visitor.post(setUp.url, { code: '000000' })).status).toBe(401);
    const done = await visitor.post(setUp.url, { code: codeOf(secret) });
    expect(done.url).toBe('/account');
    expect(done.html).toContain('An authenticator app is set up.');
  });

  it('is not in the database as it is', async () => {
    const rows = await broker.db.selectFrom('users').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(secret.replaceAll(' ', ''));
  });

  it('is asked for after the password, and no code is good twice', async () => {
    const visitor = browser();
    const asked = await visitor.signIn('/account', 'bob', password);
    expect(asked.html).toContain('autocomplete="one-time-code"');
    expect((await visitor.get('/account')).url).toMatch(/^\/sign-in\//);
    const used = await visitor.post(asked.url, { code: codeOf(secret) });
    expect(used.status).toBe(401);
    broker.clock.pass(30_000);
    const next = await visitor.post(asked.url, { code: codeOf(secret).replace(/^.../, '$& ') });
    expect(next.url).toBe('/account');
  });

  it('cannot be guessed', async () => {
    const visitor = browser();
    const { url } = await visitor.signIn('/account', 'bob', password);
    let last = await visitor.get(url);
    for (let tries = 0; tries < 6; tries += 1) last = await visitor.post(url, { code: '000000' });
    expect(last.status).toBe(429);
  });
});
