import { afterEach, expect, it } from 'vitest';
import { sessionSchema } from '../../../../src/contract/session.ts';
import { password, startTestBroker, type TestBroker } from '../../../fakes/test-broker.ts';

let broker: TestBroker;
afterEach(() => broker.end());

it('takes a terminal from its enrollment to a ticket for its desktop', async () => {
  broker = await startTestBroker();
  const { desktopId } = await broker.userWithDesktop('ada');
  const terminal = await broker.terminal();
  expect(await terminal.signIn('Ada', password)).toMatchObject({
    status: 200,
    body: { token_type: 'DPoP', scope: 'openid desktop' },
  });
  expect(await terminal.call('getUser')).toMatchObject({ body: { username: 'ada' } });
  expect(await terminal.call('listDesktops')).toMatchObject({
    status: 200,
    body: { desktops: [{ id: desktopId, name: "ada's desktop", session: null }] },
  });

  const created = await terminal.call('createSession', { body: { desktopId } });
  expect(created.status).toBe(201);
  const { id, revision } = sessionSchema.parse(created.body);
  const waiting = terminal.call('getSession', { params: { id }, query: { after: `${revision}` } });
  broker.host.latest.boot();
  expect(sessionSchema.parse((await waiting).body).revision).toBeGreaterThan(revision);
  expect(await terminal.call('getSession', { params: { id } })).toMatchObject({
    body: { state: 'running', accelerator: 'tcg', problem: null },
  });

  expect(await terminal.call('createTicket', { params: { id } })).toMatchObject({
    status: 201,
    body: { path: `/v1/sessions/${id}/streams/screen-1`, expiresInSeconds: 30 },
  });
  expect((await terminal.call('sessionPicture', { params: { id } })).raw.toString()).toBe(
    'picture 1',
  );
  expect(await terminal.call('endSession', { params: { id } })).toMatchObject({ status: 202 });
  expect(await terminal.call('getSession', { params: { id } })).toMatchObject({
    body: { state: 'ended', problem: null },
  });
  expect(await terminal.signOut()).toMatchObject({ status: 200 });
  expect(await terminal.call('listDesktops')).toMatchObject({
    status: 401,
    body: { code: 'not-signed-in' },
  });
  expect(await terminal.oauth.revoke(terminal.refreshToken ?? '')).toMatchObject({ status: 200 });
  expect(await terminal.call('getTerminal')).toMatchObject({
    status: 401,
    body: { code: 'terminal-unknown' },
  });
});
