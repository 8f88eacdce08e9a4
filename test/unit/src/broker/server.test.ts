import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditEventSchema } from '../../../../src/contract/audit.ts';
import { type RouteName, routes } from '../../../../src/contract/broker-api.ts';
import { problemSchema } from '../../../../src/contract/errors.ts';
import type { Route } from '../../../../src/contract/route.ts';
import { streamClose } from '../../../../src/contract/stream.ts';
import type { FakeTerminal } from '../../../fakes/fake-terminal.ts';
import { password, startTestBroker, type TestBroker } from '../../../fakes/test-broker.ts';

let broker: TestBroker;
let terminal: FakeTerminal;
beforeEach(async () => {
  broker = await startTestBroker();
  terminal = await broker.terminal();
});
afterEach(() => broker.end());

/** Notes what each Fastify made meanwhile registers: Fastify announces itself on this channel. */
async function watchingRoutes<T>(registered: string[], action: () => Promise<T>): Promise<T> {
  const watch = (message: unknown) => {
    // The shape is that of Fastify's documentation ("Diagnostics channel").
    const { fastify } = message as { fastify: FastifyInstance };
    fastify.addHook('onRoute', ({ method, url, config }) => {
      const { auth, permission } = config ?? {};
      registered.push(`${method} ${url} ${auth} ${permission ?? ''}`.trimEnd());
    });
  };
  subscribe('fastify.initialization', watch);
  try {
    return await action();
  } finally {
    unsubscribe('fastify.initialization', watch);
  }
}

// Object.keys widens to string[].
const names = Object.keys(routes) as RouteName[];

describe('the routes', () => {
  it('are those of the contract, with their authentication, and the description of them', async () => {
    const expected = names.map((name) => {
      const { method, path, auth, permission }: Route = routes[name];
      return `${method} ${path} ${auth} ${permission ?? ''}`.trimEnd();
    });
    const registered: string[] = [];
    const watched = await watchingRoutes(registered, startTestBroker);
    await watched.end();
    const ofApi = registered.filter((route) => route.includes(' /v1/'));
    expect(ofApi.toSorted()).toEqual([...expected, 'GET /v1/openapi.json none'].toSorted());
    // Pages and OAuth say who may have them too.
    expect(registered.filter((route) => route.endsWith(' undefined'))).toEqual([]);
  });

  it('of staff each take a permission, without which they do nothing', async () => {
    await broker.userWithDesktop('ada');
    await terminal.signIn('ada', password);
    for (const name of names) {
      const { auth, permission }: Route = routes[name];
      if (auth !== 'staff') continue;
      expect(permission).toEqual(expect.any(String));
      const params = { id: crypto.randomUUID(), userCode: 'BCDF-GHJK' };
      expect(await terminal.call(name, { params }), name).toMatchObject({
        status: 403,
        body: { code: 'permission-missing' },
      });
    }
  });

  it.each(names.filter((name) => routes[name].auth !== 'none'))(
    '%s does nothing without a proof',
    async (name) => {
      const params = { id: crypto.randomUUID(), userCode: 'BCDF-GHJK' };
      const reply = await terminal.call(name, { params, proof: null, token: 'x'.repeat(43) });
      expect(reply.status).toBe(401);
      expect(reply.headers['www-authenticate']).toBe(
        'DPoP error="invalid_dpop_proof", algs="ES256"',
      );
      expect(problemSchema.parse(reply.body).code).toBe('proof-invalid');
    },
  );

  it.each(names.filter((name) => routes[name].auth === 'user'))(
    '%s does nothing without a token, or with one of another kind',
    async (name) => {
      const params = { id: crypto.randomUUID() };
      for (const token of [
        null,
        terminal.terminalToken,
        terminal.refreshToken,
        'nonsense',
        'a b',
      ]) {
        expect(await terminal.call(name, { params, token })).toMatchObject({
          status: 401,
          body: { code: 'not-signed-in' },
        });
      }
    },
  );

  it('accept each proof once', async () => {
    await broker.userWithDesktop('ada');
    await terminal.signIn('ada', password);
    const proof = await terminal.proof('GET', '/v1/desktops', terminal.accessToken);
    expect(await terminal.call('listDesktops', { proof })).toMatchObject({ status: 200 });
    expect(await terminal.call('listDesktops', { proof })).toMatchObject({
      status: 401,
      body: { code: 'proof-invalid' },
    });
  });
});

describe('a reply', () => {
  it('can be lines of JSON', async () => {
    const groups = ['administrators'];
    await broker.admin.addUser({ username: 'grace', displayName: 'Grace', password, groups });
    await terminal.signIn('grace', password);
    const { status, headers, raw } = await terminal.call('exportAudit');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/jsonl');
    const lines = raw.toString().trimEnd().split('\n');
    const actions = lines.map((line) => auditEventSchema.parse(JSON.parse(line)).action);
    expect(actions).toEqual(expect.arrayContaining(['terminal.enrolled', 'user.signed-in']));
    expect(actions.at(-1)).toBe('audit.exported');
    expect(await terminal.call('verifyAudit')).toMatchObject({ body: { sound: true } });
  });
});

describe('what is wrong with a request', () => {
  it('is told as a problem, with the id of the request', async () => {
    const reply = await broker.app.inject({ url: '/nowhere?x=1' });
    expect(reply.statusCode).toBe(404);
    const problem = problemSchema.parse(reply.json());
    expect(problem.code).toBe('not-found');
    expect(reply.headers['x-request-id']).toBe(problem.requestId);
    expect(reply.headers['cache-control']).toBe('no-store');
  });

  it('is told before the body is read, of one who may not ask', async () => {
    const reply = await broker.app.inject({
      method: 'POST',
      url: '/v1/sessions',
      headers: { 'content-type': 'application/json' },
      payload: 'x'.repeat(1_000_000),
    });
    expect(reply.json()).toMatchObject({ code: 'not-signed-in' });
  });

  it('is that it is too large', async () => {
    const body = { model: 'x'.repeat(70_000), version: '1', vault: 'file' };
    expect(await terminal.call('reportTerminal', { body })).toMatchObject({
      status: 413,
      body: { code: 'body-too-large' },
    });
  });

  it.each([
    ['no JSON', 'application/json', '{'],
    ['nothing', 'application/json', ''],
    ['of another type', 'text/plain', 'x'],
    ['a prototype', 'application/json', '{"__proto__": {"vault": "file"}}'],
    ['too deep', 'application/json', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
  ])('is that its body is %s', async (_, type, payload) => {
    const path = '/v1/terminal';
    const reply = await broker.app.inject({
      method: 'PUT',
      url: path,
      headers: {
        'content-type': type,
        authorization: `DPoP ${terminal.terminalToken}`,
        dpop: await terminal.proof('PUT', path, terminal.terminalToken),
      },
      payload,
    });
    expect(reply.json()).toMatchObject({ code: 'invalid-request' });
    expect(reply.statusCode).toBe(400);
  });

  it('names the field, and never what was in it', async () => {
    const body = { model: 'Test 1', version: 'hunter2'.repeat(50), vault: 'file' };
    const reply = await terminal.call('reportTerminal', { body });
    expect(problemSchema.parse(reply.body).detail).toContain('version');
    expect(JSON.stringify(reply.body)).not.toContain('hunter2');
  });

  it('is that an id is none', async () => {
    await broker.userWithDesktop('ada');
    await terminal.signIn('ada', password);
    const reply = await terminal.call('getSession', { params: { id: 'not-a-uuid' } });
    expect(reply).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
  });
});

describe('the log', () => {
  it('holds no secret of what passed', async () => {
    await broker.userWithDesktop('ada');
    const { token } = await broker.admin.createEnrollmentToken({ label: 'hall' });
    await terminal.oauth.enrollByToken(token);
    await terminal.signIn('ada', 'a wrong guess');
    await terminal.signIn('ada', password);
    const log = broker.logLines.join('');
    expect(log).toContain('/oauth/token');
    const secrets = [
      token,
      password,
      terminal.terminalToken ?? '',
      terminal.userRefreshToken ?? '',
      'a wrong guess',
      terminal.refreshToken ?? '',
      terminal.accessToken ?? '',
    ];
    for (const secret of secrets) expect(log).not.toContain(secret);
  });
});

describe('the description', () => {
  it('is OpenAPI 3.1, of every route, with its problems, its security and the stream', async () => {
    const reply = await broker.app.inject({ url: '/v1/openapi.json' });
    const document = reply.json();
    expect(document).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } });
    for (const name of names) {
      const { path, method, auth, reply: success } = routes[name];
      const address = path.replaceAll(/:(\w+)/g, '{$1}');
      const operation = document.paths[address][method.toLowerCase()];
      expect(operation).toMatchObject({ operationId: name });
      expect(Object.keys(operation.responses)).toEqual([`${success.status}`, 'default']);
      expect(operation.security.length).toBe({ none: 0, terminal: 1, user: 1, staff: 2 }[auth]);
    }
    expect(document.paths['/v1/terminal'].put.security).toEqual([{ proof: [], terminal: [] }]);
    const stream = JSON.stringify(document.paths['/v1/sessions/{id}/streams/{channel}'].get);
    for (const code of Object.values(streamClose)) expect(stream).toContain(`${code}`);
    expect(document.info.description).toContain('`host-full`');
  });
});
