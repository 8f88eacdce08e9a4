import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CookieJar } from '../../../../fakes/fake-oauth-client.ts';
import type { FakeTerminal } from '../../../../fakes/fake-terminal.ts';
import {
  brokerOrigin,
  password,
  startTestBroker,
  type TestBroker,
} from '../../../../fakes/test-broker.ts';

let broker: TestBroker;
let terminal: FakeTerminal;
let cookie: string;
let eve: string;
beforeEach(async () => {
  broker = await startTestBroker();
  const groups = ['administrators'];
  await broker.admin.addUser({ username: 'ada', displayName: 'Ada', password, groups });
  await broker.admin.addUser({ username: 'eve', displayName: 'Eve', password });
  const users = await broker.admin.listUsers();
  eve = users.find(({ username }) => username === 'eve')?.id ?? '';
  terminal = await broker.newTerminal();
  const jar = new CookieJar();
  const page = await terminal.oauth.follow('/account', jar);
  await terminal.oauth.follow(page.path, jar, { username: 'ada', password });
  cookie = jar.header;
});
afterEach(() => broker.end());

const host = new URL(brokerOrigin).host;

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

function send(method: Method, path: string, headers: Record<string, string>, body?: object) {
  return broker.transport({
    method,
    path,
    headers: { host, cookie, ...headers, ...(body && { 'content-type': 'application/json' }) },
    payload: body && JSON.stringify(body),
  });
}

/** What would be done by the cookie alone, if anything was. */
const changes: [Method, () => [string, object?]][] = [
  ['POST', () => ['/v1/admin/groups', { name: 'crew' }]],
  ['PATCH', () => [`/v1/admin/users/${eve}`, { disabled: true }]],
  ['DELETE', () => [`/v1/admin/users/${eve}`]],
];

describe('a browser that is signed in', () => {
  it('may use the API from the broker’s own pages', async () => {
    expect(await send('GET', '/v1/admin/users', {})).toMatchObject({ status: 200 });
    const own = { origin: brokerOrigin };
    const made = await send('POST', '/v1/admin/groups', own, { name: 'crew' });
    expect(made).toMatchObject({ status: 201, body: { name: 'crew' } });
    const changed = await send('PATCH', `/v1/admin/users/${eve}`, own, { disabled: true });
    expect(changed).toMatchObject({ status: 200, body: { disabled: true } });
    expect(await send('DELETE', `/v1/admin/users/${eve}`, own)).toMatchObject({ status: 200 });
  });

  describe.each([
    ['another page', { origin: 'https://evil.example' }],
    ['a page of another port', { origin: `${brokerOrigin}:8443` }],
    ['a page that says nothing of itself', { origin: 'null' }],
    ['no page at all', {}],
  ])('is not made by %s', (_, headers: Record<string, string>) => {
    it.each(changes)('to %s', async (method, request) => {
      const before = await broker.db.selectFrom('groups').selectAll().execute();
      const [path, body] = request();
      expect(await send(method, path, headers, body)).toMatchObject({
        status: 403,
        body: { code: 'origin-refused' },
      });
      expect(await broker.db.selectFrom('groups').selectAll().execute()).toEqual(before);
      const users = await broker.admin.listUsers();
      expect(users.find(({ id }) => id === eve)?.disabled).toBe(false);
    });
  });

  it('counts for nothing beside a token: who sends one is who it says', async () => {
    const other = await broker.terminal();
    await other.signIn('eve', password);
    const headers = { cookie, origin: brokerOrigin };
    expect(await other.call('listUsers', { headers })).toMatchObject({
      status: 403,
      body: { code: 'permission-missing' },
    });
    expect(await other.call('listUsers', { headers, token: 'x'.repeat(43) })).toMatchObject({
      status: 401,
    });
    const basic = { ...headers, authorization: 'Basic YWRhOmFkYQ==' };
    expect(await send('GET', '/v1/admin/users', basic)).toMatchObject({ status: 401 });
  });

  it('is nobody at the routes of users and terminals', async () => {
    for (const path of ['/v1/user', '/v1/desktops', '/v1/terminal']) {
      expect(await send('GET', path, { origin: brokerOrigin })).toMatchObject({ status: 401 });
    }
  });

  it('is signed out with its account', async () => {
    const groups = ['administrators'];
    await broker.admin.addUser({ username: 'bob', displayName: 'Bob', password, groups });
    await broker.admin.removeUser('ada');
    expect(await send('GET', '/v1/admin/users', {})).toMatchObject({ status: 401 });
  });
});
