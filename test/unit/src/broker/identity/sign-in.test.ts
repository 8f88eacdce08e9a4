import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  pagesClientId,
  pagesRedirectPath,
} from '../../../../../src/broker/identity/provider/clients.ts';
import { grantTypes } from '../../../../../src/contract/identity.ts';
import { CookieJar } from '../../../../fakes/fake-oauth-client.ts';
import type { FakeTerminal } from '../../../../fakes/fake-terminal.ts';
import {
  brokerOrigin,
  password,
  startTestBroker,
  type TestBroker,
} from '../../../../fakes/test-broker.ts';
import { textIn } from '../../../../fakes/transport.ts';

let broker: TestBroker;
let terminal: FakeTerminal;
let desktopId: string;
beforeEach(async () => {
  broker = await startTestBroker({ limits: { signInSeconds: 600 } });
  ({ desktopId } = await broker.userWithDesktop('ada'));
  terminal = await broker.terminal();
});
afterEach(() => broker.end());

const good = { status: 200 };
const nothing = { status: 400, body: { error_description: 'nothing-to-resume' } };

async function startSession(): Promise<string> {
  await terminal.signIn('ada', password);
  const { body } = await terminal.call('createSession', { body: { desktopId } });
  broker.host.latest.boot();
  return textIn(body, 'id');
}

describe('an authorization request', () => {
  const start = async (overrides: Record<string, string>) => {
    const { url } = terminal.oauth.authorizationRequest(overrides);
    return terminal.oauth.follow(url, new CookieJar());
  };

  it('leads to the sign-in page of the broker', async () => {
    const { path, reply } = await start({});
    expect(path).toMatch(/^\/sign-in\//);
    expect(reply).toMatchObject({ status: 200, body: expect.stringContaining('password') });
  });

  it.each([
    ['of a terminal that is not enrolled', { dpop_jkt: 'A'.repeat(43) }, 'access_denied'],
    ['without a key', { dpop_jkt: '' }, 'access_denied'],
    ['without PKCE', { code_challenge: '', code_challenge_method: '' }, 'invalid_request'],
    ['for tokens in the address', { response_type: 'id_token' }, 'unsupported_response_type'],
  ])('%s is refused', async (_, overrides, error) => {
    const { path } = await start(overrides);
    expect(path).toMatch(/^app\.porthole:/);
    expect(path).toContain(`error=${error}`);
  });

  it('never leads anywhere but back to the terminal', async () => {
    for (const redirect_uri of ['https://evil.example/', 'app.porthole:/signed-in/../x']) {
      const { path, reply } = await start({ redirect_uri });
      expect(path).toMatch(/^\/oauth\/authorize/);
      expect(reply.status).toBe(400);
    }
  });

  it('that somebody else made is of no use: the code is bound to the key and the verifier', async () => {
    const other = await broker.terminal();
    const { url, verifier } = terminal.oauth.authorizationRequest();
    const jar = new CookieJar();
    const page = await terminal.oauth.follow(url, jar);
    const form = { username: 'ada', password };
    const { path } = await terminal.oauth.follow(page.path, jar, form);
    const code = new URL(path).searchParams.get('code') ?? '';
    expect(await terminal.oauth.exchange(code, 'x'.repeat(43))).toMatchObject({ status: 400 });
    expect(await other.oauth.exchange(code, verifier)).toMatchObject({ status: 400 });
  });
});

describe('a sign-in', () => {
  it('ends after its time, and with a new password', async () => {
    await terminal.signIn('ada', password);
    broker.clock.pass(500_000);
    expect(await terminal.oauth.refreshUser()).toMatchObject(good);
    broker.clock.pass(100_000);
    const ended = { status: 401, body: { code: 'not-signed-in' } };
    expect(await terminal.call('listDesktops')).toMatchObject(ended);
    expect(await terminal.oauth.refreshUser()).toMatchObject({ status: 400 });
    await terminal.signIn('ada', password);
    await broker.admin.setPassword({ username: 'ada', password: 'another horse' });
    expect(await terminal.call('listDesktops')).toMatchObject(ended);
    expect(await terminal.oauth.refreshUser()).toMatchObject({ status: 400 });
    expect(await terminal.signIn('ada', password)).toMatchObject({ status: 401 });
    expect(await terminal.signIn('ADA ', 'another horse')).toMatchObject(good);
  });

  it("is of no use at another terminal, nor is another's refresh token", async () => {
    await terminal.signIn('ada', password);
    const other = await broker.terminal();
    const misused = { status: 401, body: { code: 'proof-invalid' } };
    const token = terminal.accessToken;
    expect(await other.call('listDesktops', { token })).toMatchObject(misused);
    const terminal_token = terminal.terminalToken ?? '';
    expect(await other.oauth.token(grantTypes.resume, { terminal_token })).toMatchObject({
      body: { error: 'invalid_grant' },
    });
    expect(await terminal.call('listDesktops', { token: terminal.terminalToken })).toMatchObject({
      body: { code: 'not-signed-in' },
    });
    expect(await terminal.call('getTerminal', { token })).toMatchObject(misused);
  });

  it('takes the place of the one before at the same terminal', async () => {
    await broker.userWithDesktop('bob');
    await terminal.signIn('ada', password);
    const token = terminal.accessToken;
    await terminal.signIn('bob', password);
    expect(await terminal.call('listDesktops', { token })).toMatchObject({
      body: { code: 'not-signed-in' },
    });
  });

  it('ends the sessions of the terminal with it', async () => {
    await startSession();
    expect(await terminal.signOut()).toMatchObject(good);
    expect(broker.host.latest.state.kind).toBe('stopped');
    expect(await terminal.resume()).toMatchObject(nothing);
  });
});

describe('resuming', () => {
  it('gives the user of the running session a new sign-in', async () => {
    const sessionId = await startSession();
    broker.clock.pass(120_000);
    expect(await terminal.resume()).toMatchObject({
      ...good,
      body: { session_id: sessionId },
    });
    expect(await terminal.call('listDesktops')).toMatchObject(good);
  });

  it('does not prolong the sign-in, however often', async () => {
    await startSession();
    for (let round = 0; round < 5; round += 1) {
      broker.clock.pass(100_000);
      await terminal.oauth.refresh();
      expect(await terminal.resume()).toMatchObject(good);
    }
    expect(await terminal.oauth.refreshUser()).toMatchObject(good);
    broker.clock.pass(100_000);
    expect(await terminal.call('listDesktops')).toMatchObject({
      body: { code: 'not-signed-in' },
    });
    expect(await terminal.resume()).toMatchObject(nothing);
  });

  it('is refused after a new password, until it is given', async () => {
    await startSession();
    await broker.admin.setPassword({ username: 'ada', password: 'another horse' });
    expect(await terminal.resume()).toMatchObject(nothing);
    await terminal.signIn('ada', 'another horse');
    expect(await terminal.resume()).toMatchObject(good);
  });

  it('makes the token before it worthless', async () => {
    await startSession();
    const token = terminal.accessToken;
    await terminal.resume();
    expect(await terminal.call('listDesktops', { token })).toMatchObject({
      body: { code: 'not-signed-in' },
    });
  });

  it('is refused to a terminal that was away for too long, however often it asks', async () => {
    await startSession();
    broker.clock.pass(120_001);
    expect(await terminal.resume()).toMatchObject(nothing);
    expect(await terminal.resume()).toMatchObject(nothing);
  });

  it('is refused where nothing runs, and elsewhere', async () => {
    await terminal.signIn('ada', password);
    expect(await terminal.resume()).toMatchObject(nothing);
    await startSession();
    expect(await (await broker.terminal()).resume()).toMatchObject(nothing);
  });

  it('does not give one user the session that another left at the terminal', async () => {
    await startSession();
    await broker.userWithDesktop('bob');
    await terminal.signIn('bob', password);
    expect(await terminal.resume()).toMatchObject(nothing);
  });

  it('follows the session to the terminal that has it now', async () => {
    await startSession();
    const elsewhere = await broker.terminal();
    await elsewhere.signIn('ada', password);
    await elsewhere.call('createSession', { body: { desktopId } });
    expect(await terminal.resume()).toMatchObject(nothing);
    expect(await elsewhere.resume()).toMatchObject(good);
  });
});

describe('a locked terminal', () => {
  it('does nothing for its user but sign out, until the password is given', async () => {
    await startSession();
    expect(await terminal.call('lock')).toMatchObject({ status: 204 });
    expect(await terminal.call('listDesktops')).toMatchObject({
      status: 401,
      body: { code: 'not-signed-in' },
    });
    expect(await terminal.resume()).toMatchObject(nothing);
    expect(await terminal.signIn('ada', password)).toMatchObject(good);
    expect(await terminal.call('listDesktops')).toMatchObject(good);
    expect(await terminal.resume()).toMatchObject(good);
    await terminal.call('lock');
    expect(await terminal.signOut()).toMatchObject(good);
  });
});

describe('the account of a terminal', () => {
  it('signs itself in where there is one, and opens its desktop alone', async () => {
    expect(await terminal.oauth.signInAccount()).toMatchObject({ status: 400 });
    await broker.admin.changeTerminal({
      terminal: terminal.id,
      accountDesktop: "ada's desktop",
    });
    expect(await terminal.oauth.signInAccount()).toMatchObject(good);
    expect(await terminal.call('listDesktops')).toMatchObject({
      body: { desktops: [{ id: desktopId }] },
    });
  });
});

describe('the pages of the broker', () => {
  it('give a session that may ask for what its user may, and only from their own origin', async () => {
    await broker.admin.addUser({
      username: 'grace',
      displayName: 'Grace',
      password,
      groups: ['administrators'],
    });
    const jar = new CookieJar();
    const query = new URLSearchParams({
      client_id: pagesClientId,
      response_type: 'none',
      redirect_uri: `${brokerOrigin}${pagesRedirectPath}`,
      scope: 'openid',
    });
    const page = await terminal.oauth.follow(`/oauth/authorize?${query}`, jar);
    await terminal.oauth.follow(page.path, jar, { username: 'grace', password });
    const headers = { cookie: jar.header };
    const ask = (name: 'listUsers' | 'createTerminalGroup', more: object = {}) =>
      terminal.call(name, { token: null, proof: null, headers: { ...headers, ...more } });
    expect(await ask('listUsers')).toMatchObject(good);
    const refused = { status: 403, body: { code: 'origin-refused' } };
    expect(await ask('createTerminalGroup')).toMatchObject(refused);
    expect(await ask('createTerminalGroup', { origin: 'https://evil.example' })).toMatchObject(
      refused,
    );
    broker.clock.pass(3_600_001);
    expect(await ask('listUsers')).toMatchObject({ status: 401 });
  });

  it('are not opened by a sign-in at a terminal', async () => {
    const { url } = terminal.oauth.authorizationRequest();
    const jar = new CookieJar();
    const page = await terminal.oauth.follow(url, jar);
    await terminal.oauth.follow(page.path, jar, { username: 'ada', password });
    const asked = { token: null, proof: null, headers: { cookie: jar.header } };
    expect(await terminal.call('listUsers', asked)).toMatchObject({ status: 401 });
  });
});
