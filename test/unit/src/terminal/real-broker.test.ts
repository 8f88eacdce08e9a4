import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CodedError } from '../../../../src/contract/errors.ts';
import type { BrokerNetwork } from '../../../../src/terminal/network.ts';
import { createTerminal, type Terminal } from '../../../../src/terminal/terminal.ts';
import {
  brokerOrigin,
  password,
  startTestBroker,
  type TestBroker,
} from '../../../fakes/test-broker.ts';
import { until } from '../../../fakes/until.ts';
import { createFormSignIn } from '../../../harness/form-sign-in.ts';
import { FakeAuthority } from './fake-authority.ts';
import { FakeVault, reaching } from './stage.ts';

let broker: TestBroker;
let vault: FakeVault;
let terminal: Terminal;

beforeEach(async () => {
  broker = await startTestBroker();
  vault = new FakeVault();
});

afterEach(async () => {
  terminal.dispose();
  await broker.end();
});

async function start(): Promise<void> {
  const keys = new FakeAuthority();
  const fetch = injecting(broker.app);
  const { token } = await broker.admin.createEnrollmentToken({ label: 'reception', uses: 1 });
  terminal = createTerminal({
    vault,
    fallbackVault: null,
    clock: broker.clock,
    random: () => 0,
    network: networkTo(fetch, keys),
    signInWindow: createFormSignIn({ fetch, credentials: () => ({ username: 'ada', password }) }),
    device: { name: 'Reception', model: 'Maker Model', version: '1.2.3' },
    vacated: async () => undefined,
    language: () => 'en',
    unattended: { broker: brokerOrigin, token, ca: keys.ca, replaces: false },
    offer: null,
    log: () => undefined,
  });
  terminal.start();
}

it('enrolls, signs in and out, and learns that it was revoked', async () => {
  await broker.userWithDesktop('ada');
  await start();
  await reaching(terminal, 'signed-out');
  await terminal.signIn();
  const { desktops } = await reaching(terminal, 'signed-in', (state) => state.desktops !== null);
  expect(desktops?.map(({ name }) => name)).toEqual(["ada's desktop"]);

  // All access tokens have expired by then.
  broker.clock.pass(60 * 60 * 1000);
  const [desktop] = desktops ?? [];
  await terminal.connect({ desktopId: desktop?.id ?? '' });
  await reaching(terminal, 'connecting', ({ session }) => session !== null);

  await terminal.signOut();
  await reaching(terminal, 'signed-out');
  const [known] = await broker.admin.listTerminals();
  await broker.admin.revokeTerminal(known?.id ?? '');
  await terminal.retryNow();
  await reaching(terminal, 'unenrolled');
  expect(terminal.state).toMatchObject({ problem: { code: 'terminal-unknown' } });
  await until('the vault is empty', () => vault.identity === null);
});

it('unlocks for the user who locked, and takes the session up after a restart', async () => {
  const { desktopId } = await broker.userWithDesktop('ada');
  await start();
  await reaching(terminal, 'signed-out');
  await terminal.signIn();
  await reaching(terminal, 'signed-in', ({ desktops }) => desktops !== null);
  await terminal.connect({ desktopId });
  const { session } = await reaching(terminal, 'connecting', (state) => state.session !== null);
  await terminal.lock();
  await until('the lock is written', () => vault.identity?.resumable === false);
  await terminal.unlock();
  await reaching(terminal, 'connecting');
  await until('the mark is written', () => vault.identity?.resumable === true);

  terminal.dispose();
  await start();
  const resumed = await reaching(terminal, 'connecting');
  expect(resumed.session?.id).toBe(session?.id);
  expect(resumed.user.username).toBe('ada');
});

it('says why a desktop that sleeps cannot be opened on a full host, and asks once', async () => {
  const { desktopId } = await broker.userWithDesktop('ada');
  await start();
  await reaching(terminal, 'signed-out');
  await terminal.signIn();
  await reaching(terminal, 'signed-in', ({ desktops }) => desktops !== null);
  await terminal.connect({ desktopId });
  await reaching(terminal, 'connecting', ({ session }) => session !== null);
  const machine = broker.host.latest;
  machine.boot();
  await reaching(terminal, 'streaming');
  await terminal.disconnect();
  await reaching(terminal, 'signed-in', ({ desktops }) => desktops !== null);
  await machine.suspend();
  let tries = 0;
  machine.wake = async () => {
    tries += 1;
    throw new CodedError('host-full', { detail: 'memory' });
  };
  await terminal.connect({ desktopId });
  const ended = await reaching(terminal, 'ended');
  expect(ended).toMatchObject({ running: true, problem: { code: 'host-full', detail: 'memory' } });
  expect(tries).toBe(1);
});

/** Straight into the server, with no socket between. */
function injecting(app: FastifyInstance): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const { pathname, search, host } = new URL(request.url);
    const reply = await app.inject({
      // The terminal uses no other than these.
      method: request.method as 'GET' | 'POST' | 'PUT' | 'DELETE',
      url: `${pathname}${search}`,
      headers: { ...Object.fromEntries(request.headers), host },
      payload: await request.text(),
    });
    const empty = [204, 304].includes(reply.statusCode);
    const response = new Response(empty ? null : new Uint8Array(reply.rawPayload), {
      status: reply.statusCode,
    });
    for (const [name, value] of Object.entries(reply.headers)) {
      for (const each of [value].flat()) response.headers.append(name, String(each));
    }
    return response;
  };
}

function networkTo(fetch: BrokerNetwork['fetch'], keys: FakeAuthority): BrokerNetwork {
  return {
    fetch,
    pin: () => undefined,
    introduce: async () => ({
      statements: await keys.statements(),
      chain: keys.chain,
      fault: null,
    }),
  };
}
