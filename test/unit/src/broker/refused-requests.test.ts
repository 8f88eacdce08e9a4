import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../../../src/contract/audit.ts';
import { CookieJar } from '../../../fakes/fake-oauth-client.ts';
import type { FakeTerminal } from '../../../fakes/fake-terminal.ts';
import { password, startTestBroker, type TestBroker } from '../../../fakes/test-broker.ts';
import { until } from '../../../fakes/until.ts';

let broker: TestBroker;
let terminal: FakeTerminal;
beforeEach(async () => {
  broker = await startTestBroker();
  await broker.userWithDesktop('ada');
  terminal = await broker.terminal();
});
afterEach(() => broker.end());

async function refusal(code: string): Promise<AuditEvent> {
  let found: AuditEvent | undefined;
  await until(`a refusal for ${code} is on record`, async () => {
    const events = await broker.audit.list({ limit: 100, action: 'request.refused' });
    found = events.find((event) => event.code === code);
    return found !== undefined;
  });
  if (found === undefined) throw new Error('it was found');
  return found;
}

const ada = { kind: 'user', name: 'ada' };

describe('a request that is refused', () => {
  it('names the user who asked, and the terminal that they sit at', async () => {
    await terminal.signIn('ada', password);
    await terminal.call('listUsers');
    expect(await refusal('permission-missing')).toMatchObject({
      actor: ada,
      terminalId: terminal.id,
      target: { kind: 'route', id: 'listUsers' },
    });
  });

  it('names them too when they look for what is not theirs', async () => {
    await terminal.signIn('ada', password);
    await terminal.call('getSession', { params: { id: randomUUID() } });
    expect(await refusal('session-not-found')).toMatchObject({ actor: ada });
  });

  it('names them when they send nonsense, and the sender of too much whoever it is', async () => {
    await terminal.signIn('ada', password);
    await terminal.call('createSession', { body: { desktopId: 7 } });
    expect(await refusal('invalid-request')).toMatchObject({ actor: ada });
    await terminal.call('createSession', { body: { desktopId: 'x'.repeat(100_000) } });
    expect(await refusal('body-too-large')).toMatchObject({ actor: ada });
  });

  it('is none where nobody who is known asks for what is not there', async () => {
    await broker.transport({
      method: 'GET',
      path: '/v1/nothing',
      headers: {},
      payload: undefined,
    });
    await broker.close('stop');
    const events = await broker.audit.list({ limit: 100, action: 'request.refused' });
    expect(events).toEqual([]);
  });

  it('names the owner of a refresh token, and the terminal that tried it', async () => {
    const thief = await broker.terminal();
    await terminal.signIn('ada', password);
    await broker.admin.changeUser({ username: 'ada', disabled: true });
    await thief.oauth.refresh(terminal.refreshToken ?? '');
    expect(await refusal('not-signed-in')).toMatchObject({
      actor: { kind: 'terminal', id: thief.id },
      terminalId: thief.id,
    });
  });
});

describe('a sign-in that fails', () => {
  it('names whose password was guessed, and the terminal where', async () => {
    await terminal.signIn('ada', 'wrong');
    expect(await refusal('credentials-wrong')).toMatchObject({
      actor: { kind: 'nobody' },
      target: ada,
      terminalId: terminal.id,
      detail: { route: 'POST /sign-in/:uid' },
    });
  });

  it('names nobody who is none: what was typed may be a password', async () => {
    await terminal.signIn('hunter2', 'wrong');
    const event = await refusal('credentials-wrong');
    expect(event).toMatchObject({ target: { kind: 'route' }, terminalId: terminal.id });
    expect(JSON.stringify(event)).not.toContain('hunter2');
  });
});

describe('sign-ins', () => {
  it('at a terminal tell how it was done', async () => {
    await terminal.signIn('ada', password);
    const [event] = await broker.audit.list({ limit: 1, action: 'user.signed-in' });
    expect(event).toMatchObject({
      actor: ada,
      detail: { method: 'password', secondFactor: false },
    });
  });

  it('at the pages are on record, from the first to the last', async () => {
    const jar = new CookieJar();
    const page = await terminal.oauth.follow('/account', jar);
    const answer = await terminal.oauth.follow(page.path, jar, { username: 'ada', password });
    expect(answer.path).toBe('/account');
    const [signedIn] = await broker.audit.list({ limit: 1 });
    expect(signedIn).toMatchObject({
      action: 'user.signed-in',
      actor: ada,
      terminalId: null,
      detail: { at: 'pages', method: 'password', secondFactor: false },
    });
    await terminal.oauth.follow('/enroll', jar);
    expect(await refusal('permission-missing')).toMatchObject({ actor: ada });
    await terminal.oauth.follow('/pages/sign-out', jar, {});
    const [signedOut] = await broker.audit.list({ limit: 1, action: 'user.signed-out' });
    expect(signedOut).toMatchObject({ actor: ada, detail: { at: 'pages' } });
  });

  it('cannot be begun on and on from one address', async () => {
    const begin = () =>
      broker.transport({
        method: 'GET',
        path: '/oauth/authorize',
        headers: { host: 'broker.example' },
        payload: undefined,
      });
    for (let count = 0; count < 301; count += 1) await begin();
    expect(await begin()).toMatchObject({ status: 429, body: { code: 'too-many-requests' } });
    broker.clock.pass(2_000);
    expect((await begin()).status).toBe(400);
  });
});
