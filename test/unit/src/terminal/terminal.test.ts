import * as jose from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CodedError, problem } from '../../../../src/contract/errors.ts';
import { approvalUrl, grantTypes } from '../../../../src/contract/identity.ts';
import { runDemo } from '../../../../src/terminal/demo.ts';
import { thumbprint } from '../../../../src/terminal/device-key.ts';
import { identitySchema } from '../../../../src/terminal/vault.ts';
import { until } from '../../../fakes/until.ts';
import { formOf } from './fake-broker.ts';
import { broker as address, desktop, offer, session } from './fixtures.ts';
import { FakeVault, Stage } from './stage.ts';

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
});

afterEach(() => stage.terminal.dispose());

describe('enrollment', () => {
  it('keeps a key of its own in the vault and nothing in the states', async () => {
    await stage.enrolled();
    expect(identitySchema.parse(stage.vault.identity)).toMatchObject({ broker: address });
    expect(JSON.stringify(stage.history)).not.toContain(stage.vault.identity?.privateKey.d);
    expect(JSON.stringify(stage.history)).not.toContain(stage.vault.identity?.refreshToken);
  });

  it('shows what an administrator needs to know it by', async () => {
    stage.broker.refuseGrant(grantTypes.deviceCode, 'authorization_pending');
    stage.terminal.start();
    await stage.reach('unenrolled');
    await stage.terminal.enroll(offer);
    const { request } = await stage.reach('enrolling', (state) => state.request !== null);
    stage.broker.grant(grantTypes.deviceCode, () => stage.broker.tokens('terminal'));
    await stage.reach('signed-out');
    const key = stage.vault.identity?.terminalId ?? '';
    expect(request).toMatchObject({
      userCode: 'BCDF-GHJK',
      approvalUrl: approvalUrl(address, 'BCDFGHJK', { ca: stage.broker.keys.ca, key }),
      approvalPage: `${address}/enroll`,
      expiresAt: stage.clock.now() + 600_000,
    });
  });

  it('proves its key with the very first request', async () => {
    await stage.enrolled();
    const asked = stage.broker.sentTo('/oauth/device')[0];
    if (asked === undefined || stage.vault.identity === null) throw new Error('nothing was asked');
    const { jwk } = jose.decodeProtectedHeader(asked.headers.get('DPoP') ?? '');
    expect(await jose.calculateJwkThumbprint(jwk ?? {})).toBe(
      await thumbprint(stage.vault.identity.privateKey),
    );
    expect(jwk).not.toHaveProperty('d');
    expect(Object.fromEntries(await formOf(asked))).toEqual({
      client_id: 'porthole-terminal',
      scope: 'terminal',
      device_name: 'Reception',
      device_model: 'Maker Model',
      device_version: '1.2.3',
      device_vault: 'keychain',
    });
  });

  it('says what it is, once for each start', async () => {
    await stage.enrolled();
    await stage.reach('signed-out', () => stage.broker.sentTo('/v1/terminal', 'GET').length === 2);
    const reports = stage.broker.sentTo('/v1/terminal', 'PUT');
    expect(await reports[0]?.json()).toEqual({
      model: 'Maker Model',
      version: '1.2.3',
      vault: 'keychain',
    });
    expect(reports).toHaveLength(1);
  });

  it.each([
    ['access_denied', 'enrollment-denied'],
    ['expired_token', 'enrollment-expired'],
  ])('ends with %s', async (error, code) => {
    stage.broker.refuseGrant(grantTypes.deviceCode, error);
    stage.terminal.start();
    await stage.reach('unenrolled');
    await stage.terminal.enroll(offer);
    const { problem } = await stage.reach('unenrolled', (state) => state.problem !== null);
    expect(problem?.code).toBe(code);
    expect(stage.vault.identity).toBeNull();
  });

  it('goes on waiting while the broker is away', async () => {
    stage.broker.refuseGrant(grantTypes.deviceCode, 'authorization_pending');
    stage.terminal.start();
    await stage.reach('unenrolled');
    await stage.terminal.enroll(offer);
    await stage.reach('enrolling', (state) => state.request !== null);
    stage.broker.away = true;
    await until('the next try is due', () => stage.clock.pending === 1);
    stage.broker.away = false;
    stage.broker.grant(grantTypes.deviceCode, () => stage.broker.tokens('terminal'));
    stage.clock.pass(250);
    await stage.reach('signed-out');
  });

  it('is given up when the person cancels', async () => {
    stage.broker.refuseGrant(grantTypes.deviceCode, 'authorization_pending');
    stage.terminal.start();
    await stage.reach('unenrolled');
    await stage.terminal.enroll(offer);
    await stage.reach('enrolling', (state) => state.request !== null);
    await stage.terminal.cancel();
    expect(stage.terminal.state).toMatchObject({ kind: 'unenrolled', problem: null });
  });

  it.each(['ftp://x', 'http://broker.example', 'https://user:pw@broker.example', ''])(
    'refuses the address %j without sending anything',
    async (bad) => {
      stage.terminal.start();
      await stage.reach('unenrolled');
      await stage.terminal.enroll({ broker: bad });
      const { problem } = await stage.reach('unenrolled', (s) => s.problem !== null);
      expect(problem?.code).toBe('broker-address-invalid');
      expect(stage.broker.requests).toEqual([]);
    },
  );

  it('forgets here even when the broker cannot be reached', async () => {
    await stage.enrolled();
    stage.broker.away = true;
    await stage.terminal.forgetEnrollment();
    await stage.reach('unenrolled');
    await until('the vault is empty', () => stage.vault.identity === null);
    expect(stage.vault.identity).toBeNull();
    expect(stage.terminal.streamOrigin).toBeNull();
  });

  it('tells the broker that it was forgotten until that has heard it', async () => {
    await stage.enrolled();
    const token = stage.vault.identity?.refreshToken;
    stage.broker.away = true;
    await stage.terminal.forgetEnrollment();
    await until('the next try is due', () => stage.clock.pending === 1);
    stage.broker.away = false;
    stage.clock.pass(250);
    await until('it was told', async () => (await stage.broker.revoked()).length === 1);
    expect(await stage.broker.revoked()).toEqual([token]);
  });

  it('is settled only when the vault is empty, so that the app may end then', async () => {
    await stage.enrolled();
    const slow = Promise.withResolvers<void>();
    stage.vault.slow = slow.promise;
    await stage.terminal.forgetEnrollment();
    const settled = stage.terminal.settled().then(() => stage.vault.identity);
    expect(stage.vault.identity).not.toBeNull();
    slow.resolve();
    expect(await settled).toBeNull();
  });

  it('says so when the vault cannot be erased', async () => {
    await stage.enrolled();
    stage.vault.fault = new CodedError('vault-unavailable');
    await stage.terminal.forgetEnrollment();
    const { problem } = await stage.reach('unenrolled', (state) => state.problem !== null);
    expect(problem?.code).toBe('vault-unavailable');
  });

  it('goes on in memory when there is no keychain and the person agrees', async () => {
    stage.vault.fault = new CodedError('vault-unavailable');
    const memory = new FakeVault();
    stage.restart({ fallbackVault: memory });
    stage.terminal.start();
    await stage.reach('blocked');
    await stage.terminal.useMemoryVault();
    await stage.terminal.enroll(offer);
    await stage.reach('signed-out');
    expect(memory.identity).not.toBeNull();
    expect(stage.vault.identity).toBeNull();
  });
});

describe('a session', () => {
  it('goes from the click to the stream', async () => {
    await stage.streaming();
    const state = await stage.reach('streaming');
    expect(state.grant.url).toBe(`wss://broker.example/v1/sessions/${session.id}/stream`);
    expect(state.grant.url).not.toContain('ticket');
    expect(state.grant.protocols).toEqual(['rfb.porthole.v1', 'ticket.porthole.v1.ticket']);
  });

  it('comes back by itself after the link was cut, with a new ticket', async () => {
    await stage.streaming();
    const first = await stage.reach('streaming');
    await stage.terminal.reportStream({ kind: 'live', grant: first.grant.number });
    stage.broker.answer('createTicket', () => Promise.reject(new TypeError('no route')));
    await stage.terminal.reportStream({ kind: 'closed', grant: first.grant.number, code: 1006 });
    stage.clock.pass(250);
    await stage.reach('reconnecting', ({ retry }) => retry.attempt === 2);
    setBrokerBack();
    stage.clock.pass(500);
    const second = await stage.reach('streaming');
    expect(second.grant.number).toBeGreaterThan(first.grant.number);
  });

  it('hears while it streams what its desktop suffers from, whatever goes wrong meanwhile', async () => {
    await stage.streaming();
    const { grant } = await stage.reach('streaming');
    const asked = () => stage.broker.sentTo(`/v1/sessions/${session.id}`, 'GET').length;
    stage.broker.refuse('getSession', 'not-signed-in');
    const before = asked();
    await stage.terminal.reportStream({ kind: 'live', grant: grant.number });
    await until('it asks', () => asked() > before);
    const held = { ...session, revision: 9, problem: problem('disk-full') };
    stage.broker.answer('getSession', () => Response.json(held));
    await until('it has heard', () => {
      stage.clock.pass(5_000);
      const { state } = stage.terminal;
      return state.kind === 'streaming' && state.session.problem?.code === 'disk-full';
    });
  });

  it('drops the answer to a wish that was cancelled', async () => {
    await stage.signedIn();
    const held = Promise.withResolvers<Response>();
    stage.broker.answer('createSession', () => held.promise);
    await stage.terminal.connect({ desktopId: desktop.id });
    await stage.terminal.cancel();
    held.resolve(Response.json(session, { status: 201 }));
    await stage.reach('signed-in', ({ desktops }) => desktops !== null);
    expect(stage.history.map(({ kind }) => kind).slice(-3)).not.toContain('streaming');
  });

  it('is resumed after a restart, as soon as the broker is back', async () => {
    await stage.signedIn();
    stage.terminal.dispose();
    stage.restart();
    stage.broker.away = true;
    stage.terminal.start();
    await stage.reach('booting', ({ retry }) => retry?.attempt === 1);
    stage.broker.away = false;
    stage.broker.grant(grantTypes.resume, () =>
      stage.broker.tokens('user', { session_id: session.id }),
    );
    stage.clock.pass(250);
    await stage.reach('streaming');
    const [asked] = await stage.broker.grantsOf(grantTypes.resume);
    expect(asked?.get('terminal_token')).toBe(stage.broker.taken.terminal);
  });

  it('refreshes the desktops while they are on the screen, and only then', async () => {
    await stage.signedIn();
    const lists = () =>
      stage.broker.requests.filter(({ url }) => url.endsWith('/v1/desktops')).length;
    expect(lists()).toBe(1);
    stage.clock.pass(5_000);
    await stage.reach('signed-in', () => lists() === 2);
    await stage.terminal.signOut();
    stage.clock.pass(5_000);
    await stage.reach('signed-out');
    expect(lists()).toBe(2);
  });
});

describe('while the broker is away', () => {
  const away = () => Promise.reject(new TypeError('no route'));

  it.each(['lock', 'signOut'] as const)('a %s holds over a restart', async (wish) => {
    await stage.signedIn();
    stage.broker.away = true;
    await stage.terminal[wish]();
    await until('it is written', () => stage.vault.identity?.resumable === false);
    stage.terminal.dispose();
    stage.broker.away = false;
    stage.restart();
    stage.terminal.start();
    await stage.reach('signed-out');
    expect(await stage.broker.grantsOf(grantTypes.resume)).toEqual([]);
  });

  it('a sign-out is said again until the broker has heard it', async () => {
    await stage.signedIn();
    stage.broker.grant('revoke', away);
    await stage.terminal.signOut();
    await until('the next tries are due', () => stage.clock.pending === 2);
    stage.broker.grant('revoke', () => new Response(null));
    stage.clock.pass(250);
    await until('it was heard', async () => (await stage.broker.revoked()).length === 2);
    expect((await stage.broker.revoked())[0]).toMatch(/^user-refresh/);
  });

  it('a sign-out that was not heard is forgotten when somebody signs in', async () => {
    await stage.signedIn();
    stage.broker.grant('revoke', away);
    await stage.terminal.signOut();
    await until('the next tries are due', () => stage.clock.pending === 2);
    await stage.terminal.signIn();
    await stage.reach('signed-in', ({ desktops }) => desktops !== null);
    const before = stage.broker.sentTo('/oauth/revoke').length;
    stage.clock.pass(60_000);
    await stage.reach('signed-in');
    expect(stage.broker.sentTo('/oauth/revoke')).toHaveLength(before);
    expect(stage.vault.identity?.resumable).toBe(true);
  });

  it('a lock that was not heard does not lock who signed in since', async () => {
    await stage.signedIn();
    const before = stage.broker.taken.user;
    stage.broker.answer('lock', away);
    await stage.terminal.lock();
    await until('the next try is due', () => stage.clock.pending === 1);
    await stage.terminal.unlock();
    await stage.reach('signed-in', ({ desktops }) => desktops !== null);
    stage.broker.refuseGrant('refresh_token', 'invalid_grant');
    stage.clock.pass(250);
    await until('it was said', () => stage.broker.sentTo('/v1/user/lock').length === 2);
    for (const sent of stage.broker.sentTo('/v1/user/lock')) {
      expect(sent.headers.get('Authorization')).toBe(`DPoP ${before}`);
    }
  });
});

describe('bad answers', () => {
  it.each([
    ['not JSON', () => new Response('<html>', { status: 200 })],
    ['another form', () => Response.json({ desktops: [{ id: 1 }] })],
    ['an error that is no problem', () => new Response('gone', { status: 502 })],
    ['another success', () => Response.json({ desktops: [] }, { status: 206 })],
  ])('%s', async (_, answer) => {
    await stage.enrolled();
    stage.broker.answer('listDesktops', answer);
    await stage.terminal.signIn();
    const { problem } = await stage.reach('signed-in', (state) => state.problem !== null);
    expect(problem?.code).toBe('broker-answer-invalid');
  });

  it('goes back to enrollment and erases the vault when the broker revoked the terminal', async () => {
    await stage.signedIn();
    stage.broker.refuse('listDesktops', 'terminal-unknown');
    stage.clock.pass(5_000);
    const { problem } = await stage.reach('unenrolled');
    expect(problem?.code).toBe('terminal-unknown');
    await until('the vault is empty', () => stage.vault.identity === null);
  });

  it('keeps the enrollment when the broker is only away', async () => {
    await stage.signedIn();
    stage.broker.answer('listDesktops', () => Promise.reject(new TypeError('no route')));
    stage.clock.pass(5_000);
    await stage.reach('signed-in', (state) => state.problem?.code === 'broker-unreachable');
    expect(stage.vault.identity).not.toBeNull();
  });
});

it('refuses what has no place in the state', async () => {
  stage.terminal.start();
  await stage.reach('unenrolled');
  await expect(stage.terminal.signIn()).rejects.toMatchObject({
    code: 'not-possible-now',
  });
  await expect(stage.terminal.lock()).rejects.toMatchObject({ code: 'not-possible-now' });
});

it('shows the first desktop of the demo without a person', async () => {
  stage = new Stage({ unattended: {} });
  const demo = runDemo(stage.terminal);
  stage.terminal.start();
  await stage.reach('streaming');
  await stage.terminal.disconnect();
  await stage.reach('signed-in', ({ desktops }) => desktops !== null);
  demo.dispose();
  expect(stage.terminal.state.kind).toBe('signed-in');
});

it('leaves the demo to the person after a problem', async () => {
  stage = new Stage({ unattended: {} });
  stage.broker.refuseGrant('authorization_code', 'invalid_grant');
  runDemo(stage.terminal);
  stage.terminal.start();
  await stage.reach('signed-out', ({ problem }) => problem !== null);
  expect(stage.page.requests).toHaveLength(1);
});

function setBrokerBack(): void {
  stage.broker.answer('createTicket', () =>
    Response.json(
      { ticket: 't', path: '/v1/x', expiresInSeconds: 30, idleSeconds: 1_800 },
      { status: 201 },
    ),
  );
}
