import { afterEach, describe, expect, it } from 'vitest';
import { CodedError } from '../../../../src/contract/errors.ts';
import type { TerminalState, TerminalStateKind } from '../../../../src/contract/terminal.ts';
import { runDemo } from '../../../../src/terminal/demo.ts';
import { createTerminal, type Terminal } from '../../../../src/terminal/terminal.ts';
import {
  identitySchema,
  type TerminalIdentity,
  type Vault,
} from '../../../../src/terminal/vault.ts';
import { FakeClock } from '../../../fakes/fake-clock.ts';
import { until } from '../../../fakes/until.ts';
import { FakeBroker } from './fake-broker.ts';
import { broker as address, desktop, offer, session, user } from './fixtures.ts';

class FakeVault implements Vault {
  readonly kind = 'keychain';
  identity: TerminalIdentity | null = null;
  fault: CodedError | null = null;

  async read() {
    if (this.fault) throw this.fault;
    return this.identity;
  }
  async write(identity: TerminalIdentity) {
    if (this.fault) throw this.fault;
    this.identity = identity;
  }
  async erase() {
    if (this.fault) throw this.fault;
    this.identity = null;
  }
}

let broker: FakeBroker;
let clock: FakeClock;
let vault: FakeVault;
let terminal: Terminal;
let history: TerminalState[];

function build(overrides: { fallbackVault?: Vault } = {}): void {
  terminal = createTerminal({
    vault,
    fallbackVault: overrides.fallbackVault ?? null,
    clock,
    random: () => 0,
    fetch: broker.fetch,
    offer,
    terminalName: 'Reception',
    log: () => undefined,
  });
  history = [];
  terminal.onState((state) => history.push(state));
}

/** Resolves when the terminal is, or comes, into a state that passes. */
function reach<K extends TerminalStateKind>(
  kind: K,
  passes: (state: Extract<TerminalState, { kind: K }>) => boolean = () => true,
): Promise<Extract<TerminalState, { kind: K }>> {
  return new Promise((resolve) => {
    const look = (state: TerminalState) => {
      const found = state.kind === kind ? (state as Extract<TerminalState, { kind: K }>) : null; // narrowed by kind
      if (found === null || !passes(found)) return;
      subscription.dispose();
      resolve(found);
    };
    const subscription = terminal.onState(look);
    look(terminal.state);
  });
}

async function enrolled(): Promise<void> {
  terminal.start();
  await reach('unenrolled');
  await terminal.enroll(offer);
  await reach('signed-out');
}

async function signedIn(): Promise<void> {
  await enrolled();
  await terminal.signIn({ username: 'ada', password: 'secret' });
  await reach('signed-in', ({ desktops }) => desktops !== null);
}

async function streaming(): Promise<void> {
  await signedIn();
  await terminal.connect({ desktopId: desktop.id });
  await reach('streaming');
}

function setUp(): void {
  broker = new FakeBroker();
  clock = new FakeClock();
  vault = new FakeVault();
  build();
}

afterEach(() => terminal.dispose());

describe('enrollment', () => {
  it('keeps a key of its own in the vault and nothing in the states', async () => {
    setUp();
    await enrolled();
    expect(identitySchema.parse(vault.identity)).toMatchObject({ broker: address });
    expect(JSON.stringify(history)).not.toContain(vault.identity?.privateKey.d);
    expect(JSON.stringify(history)).not.toContain('refresh');
  });

  it.each(['ftp://x', 'http://broker.example', 'https://user:pw@broker.example', ''])(
    'refuses the address %j without sending anything',
    async (bad) => {
      setUp();
      terminal.start();
      await reach('unenrolled');
      await terminal.enroll({ broker: bad, code: offer.code });
      const { problem, offer: kept } = await reach('unenrolled', (s) => s.problem !== null);
      expect(problem?.code).toBe('broker-address-invalid');
      expect(kept?.code).toBe(offer.code);
      expect(broker.requests).toEqual([]);
    },
  );

  it('refuses a broker that registers another key than ours', async () => {
    setUp();
    broker.answer('enroll', () =>
      Response.json({ terminalId: 'x'.repeat(43), refreshToken: 'r' }, { status: 201 }),
    );
    terminal.start();
    await reach('unenrolled');
    await terminal.enroll(offer);
    const { problem } = await reach('unenrolled', (state) => state.problem !== null);
    expect(problem?.code).toBe('broker-answer-invalid');
    expect(vault.identity).toBeNull();
  });

  it('forgets here even when the broker cannot be reached', async () => {
    setUp();
    await enrolled();
    broker.answer('unenroll', () => Promise.reject(new TypeError('no route')));
    await terminal.forgetEnrollment();
    await reach('unenrolled');
    expect(vault.identity).toBeNull();
    expect(terminal.streamOrigin).toBeNull();
  });

  it('says so when the vault cannot be erased', async () => {
    setUp();
    await enrolled();
    vault.fault = new CodedError('vault-unavailable');
    await terminal.forgetEnrollment();
    const { problem } = await reach('unenrolled', (state) => state.problem !== null);
    expect(problem?.code).toBe('vault-unavailable');
  });

  it('goes on in memory when there is no keychain and the person agrees', async () => {
    setUp();
    vault.fault = new CodedError('vault-unavailable');
    const memory = new FakeVault();
    build({ fallbackVault: memory });
    terminal.start();
    await reach('blocked');
    await terminal.useMemoryVault();
    await terminal.enroll(offer);
    await reach('signed-out');
    expect(memory.identity).not.toBeNull();
    expect(vault.identity).toBeNull();
  });
});

describe('a session', () => {
  it('goes from the click to the stream', async () => {
    setUp();
    await streaming();
    const state = await reach('streaming');
    expect(state.grant.url).toBe(`ws://127.0.0.1:7600/v1/sessions/${session.id}/stream`);
    expect(state.grant.url).not.toContain('ticket');
    expect(state.grant.protocols).toEqual(['rfb.porthole.v1', 'ticket.porthole.v1.ticket']);
  });

  it('comes back by itself after the link was cut, with a new ticket', async () => {
    setUp();
    await streaming();
    const first = await reach('streaming');
    await terminal.reportStream({ kind: 'live', grant: first.grant.number });
    broker.answer('createTicket', () => Promise.reject(new TypeError('no route')));
    await terminal.reportStream({ kind: 'closed', grant: first.grant.number, code: 1006 });
    clock.pass(250);
    await reach('reconnecting', ({ retry }) => retry.attempt === 2);
    setBrokerBack();
    clock.pass(500);
    const second = await reach('streaming');
    expect(second.grant.number).toBeGreaterThan(first.grant.number);
  });

  it('drops the answer to a wish that was cancelled', async () => {
    setUp();
    await signedIn();
    const held = Promise.withResolvers<Response>();
    broker.answer('createSession', () => held.promise);
    await terminal.connect({ desktopId: desktop.id });
    await terminal.cancel();
    held.resolve(Response.json(session, { status: 201 }));
    await reach('signed-in', ({ desktops }) => desktops !== null);
    expect(history.map(({ kind }) => kind).slice(-3)).not.toContain('streaming');
  });

  it('is resumed after a restart, as soon as the broker is back', async () => {
    setUp();
    await signedIn();
    terminal.dispose();
    build();
    broker.answer('signIn', () => Promise.reject(new TypeError('no route')));
    terminal.start();
    await reach('booting', ({ retry }) => retry?.attempt === 1);
    broker.answer('signIn', () =>
      Response.json({ accessToken: 'a', expiresInSeconds: 60, user, session }, { status: 201 }),
    );
    clock.pass(250);
    await reach('streaming');
  });

  it('refreshes the desktops while they are on the screen, and only then', async () => {
    setUp();
    await signedIn();
    const lists = () => broker.requests.filter(({ url }) => url.endsWith('/v1/desktops')).length;
    expect(lists()).toBe(1);
    clock.pass(5_000);
    await reach('signed-in', () => lists() === 2);
    await terminal.signOut();
    expect(clock.pending).toBe(0);
  });
});

describe('while the broker is away', () => {
  const away = () => Promise.reject(new TypeError('no route'));
  const told = (method: string, path: string) =>
    broker.requests.filter((sent) => sent.method === method && sent.url.endsWith(path)).length;

  it.each(['lock', 'signOut'] as const)('a %s holds over a restart', async (wish) => {
    setUp();
    await signedIn();
    broker.answer(wish, away);
    await terminal[wish]();
    terminal.dispose();
    build();
    broker.answer('signIn', () => {
      throw new Error('nothing is to be resumed');
    });
    terminal.start();
    await reach('signed-out');
    expect(vault.identity?.resumable).toBe(false);
  });

  it('a sign-out is said again until the broker has heard it', async () => {
    setUp();
    await signedIn();
    broker.answer('signOut', away);
    await terminal.signOut();
    await until('the next try is due', () => clock.pending === 1);
    const heard = Promise.withResolvers<void>();
    broker.answer('signOut', () => {
      heard.resolve();
      return new Response(null, { status: 204 });
    });
    clock.pass(250);
    await heard.promise;
  });

  it('a sign-out that was not heard is forgotten when somebody signs in', async () => {
    setUp();
    await signedIn();
    broker.answer('signOut', away);
    await terminal.signOut();
    await until('the next try is due', () => clock.pending === 1);
    await terminal.signIn({ username: 'ada', password: 'secret' });
    await reach('signed-in', ({ desktops }) => desktops !== null);
    const before = told('DELETE', '/v1/tokens/self');
    clock.pass(60_000);
    await reach('signed-in');
    expect(told('DELETE', '/v1/tokens/self')).toBe(before);
    expect(vault.identity?.resumable).toBe(true);
  });
});

describe('bad answers', () => {
  it.each([
    ['not JSON', () => new Response('<html>', { status: 200 })],
    ['another form', () => Response.json({ desktops: [{ id: 1 }] })],
    ['an error that is no problem', () => new Response('gone', { status: 502 })],
    ['another success', () => Response.json({ desktops: [] }, { status: 206 })],
  ])('%s', async (_, answer) => {
    setUp();
    await enrolled();
    broker.answer('listDesktops', answer);
    await terminal.signIn({ username: 'ada', password: 'secret' });
    const { problem } = await reach('signed-in', (state) => state.problem !== null);
    expect(problem?.code).toBe('broker-answer-invalid');
  });

  it('goes back to enrollment and erases the vault when the broker revoked the terminal', async () => {
    setUp();
    await signedIn();
    broker.refuse('listDesktops', 'terminal-unknown');
    clock.pass(5_000);
    const { problem } = await reach('unenrolled');
    expect(problem?.code).toBe('terminal-unknown');
    expect(vault.identity).toBeNull();
  });

  it('keeps the enrollment when the broker is only away', async () => {
    setUp();
    await signedIn();
    broker.answer('listDesktops', () => Promise.reject(new TypeError('no route')));
    clock.pass(5_000);
    await reach('signed-in', (state) => state.problem?.code === 'broker-unreachable');
    expect(vault.identity).not.toBeNull();
  });
});

it('refuses what has no place in the state', async () => {
  setUp();
  terminal.start();
  await reach('unenrolled');
  await expect(terminal.signIn({ username: 'a', password: 'b' })).rejects.toMatchObject({
    code: 'not-possible-now',
  });
  await expect(terminal.lock()).rejects.toMatchObject({ code: 'not-possible-now' });
});

it('shows the first desktop of the demo without a person', async () => {
  setUp();
  const demo = runDemo(terminal, { username: 'ada', password: 'secret' });
  terminal.start();
  await reach('streaming');
  await terminal.disconnect();
  await reach('signed-in', ({ desktops }) => desktops !== null);
  demo.dispose();
  expect(terminal.state.kind).toBe('signed-in');
});

it('leaves the demo to the person after a problem', async () => {
  setUp();
  broker.refuse('enroll', 'enrollment-code-used');
  runDemo(terminal, { username: 'ada', password: 'secret' });
  terminal.start();
  await reach('unenrolled', ({ problem }) => problem !== null);
  expect(broker.requests).toHaveLength(1);
});

function setBrokerBack(): void {
  broker.answer('createTicket', () =>
    Response.json({ ticket: 't', path: '/v1/x', expiresInSeconds: 30 }, { status: 201 }),
  );
}
