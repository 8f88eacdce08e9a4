import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CodedError, problem } from '../../../../../src/contract/errors.ts';
import { type Session, sessionSchema } from '../../../../../src/contract/session.ts';
import type { FakeTerminal } from '../../../../fakes/fake-terminal.ts';
import { password, startTestBroker, type TestBroker } from '../../../../fakes/test-broker.ts';

let broker: TestBroker;
let terminal: FakeTerminal;
let desktopId: string;
beforeEach(async () => {
  broker = await startTestBroker({ limits: { maxSessions: 3, sessionSeconds: 300 } });
  ({ desktopId } = await broker.userWithDesktop('ada'));
  terminal = await broker.terminal();
  await terminal.signIn('ada', password);
});
afterEach(() => broker.end());

async function start(): Promise<Session> {
  const { body } = await terminal.call('createSession', { body: { desktopId } });
  return sessionSchema.parse(body);
}

async function look(id: string): Promise<Session> {
  return sessionSchema.parse((await terminal.call('getSession', { params: { id } })).body);
}

/** Resolves once the broker waits with its answer. */
async function waitAbove(id: string, revision: number) {
  const before = broker.clock.pending;
  let answered = false;
  const answer = terminal
    .call('getSession', { params: { id }, query: { after: `${revision}` } })
    .then(({ body }) => {
      answered = true;
      return sessionSchema.parse(body);
    });
  while (broker.clock.pending === before) await look(id);
  return { answer, isAnswered: () => answered };
}

const states = ({ steps }: Session) => steps.map(({ state }) => state);

describe('a session', () => {
  it('is one for a user and a desktop, also when asked for twice at once', async () => {
    const [one, two] = await Promise.all([start(), start()]);
    expect(one.id).toBe(two.id);
    expect((await start()).id).toBe(one.id);
    expect(broker.host.made).toHaveLength(1);
    expect(broker.host.latest.spec).toMatchObject({
      engine: 'para',
      memoryMb: 256,
      cpus: 1,
      disk: { kind: 'fresh' },
    });
  });

  it('shows the steps of its machine, and learns how long they take', async () => {
    const { id } = await start();
    const machine = broker.host.latest;
    broker.clock.pass(20);
    machine.apply({ kind: 'disk-ready' });
    broker.clock.pass(300);
    machine.apply({ kind: 'process-ready', next: 'booting' });
    broker.clock.pass(9_000);
    expect(states(await look(id))).toEqual(['done', 'done', 'active', 'waiting']);
    machine.apply({ kind: 'desktop-ready' });
    const running = await look(id);
    expect(running.state).toBe('running');
    expect(running.steps.map(({ elapsedMs }) => elapsedMs)).toEqual([20, 300, 9_000, 0]);
    await terminal.call('endSession', { params: { id } });
    const next = await start();
    expect(next.id).not.toBe(id);
    expect(next.steps.map(({ expectedMs }) => expectedMs)).toEqual([20, 300, 9_000, null]);
  });

  it('is waited for: another state is told at once', async () => {
    const { id, revision } = await start();
    const waiting = await waitAbove(id, revision);
    broker.host.latest.boot();
    expect((await waiting.answer).state).toBe('running');
    const old = await terminal.call('getSession', { params: { id }, query: { after: '0' } });
    expect(old.status).toBe(200);
  });

  it('is waited for: steps of the way are told together, and soon', async () => {
    const { id, revision } = await start();
    const waiting = await waitAbove(id, revision);
    broker.host.latest.apply({ kind: 'disk-ready' });
    broker.host.latest.apply({ kind: 'process-ready', next: 'booting' });
    await look(id);
    expect(waiting.isAnswered()).toBe(false);
    broker.clock.pass(100);
    expect((await waiting.answer).revision).toBe(revision + 2);
  });

  it('is waited for no longer than 20 seconds', async () => {
    const { id, revision } = await start();
    const waiting = await waitAbove(id, revision);
    broker.clock.pass(20_000);
    expect((await waiting.answer).revision).toBe(revision);
  });

  it('ends as its user wishes: first ending, then ended', async () => {
    const { id } = await start();
    broker.host.latest.boot();
    broker.host.latest.slowToStop = true;
    expect(await terminal.call('endSession', { params: { id } })).toMatchObject({
      status: 202,
      body: { state: 'ending', problem: null },
    });
    expect(await terminal.call('listDesktops')).toMatchObject({
      body: { desktops: [{ session: { id, state: 'ending' } }] },
    });
    broker.host.latest.ended();
    expect(await look(id)).toMatchObject({ state: 'ended', problem: null });
    expect(await terminal.call('endSession', { params: { id } })).toMatchObject({
      status: 202,
      body: { state: 'ended' },
    });
  });

  it.each(['qemu-missing', 'image-unknown', 'disk-full', 'guest-boot-timeout'] as const)(
    'that fails says why: %s',
    async (code) => {
      const { id } = await start();
      broker.host.latest.fail(problem(code));
      expect(await look(id)).toMatchObject({ state: 'failed', problem: { code } });
      expect((await start()).state).toBe('starting');
    },
  );

  it('says what its disk suffers from while it runs, to who waits too, and when that is over', async () => {
    const { id } = await start();
    const machine = broker.host.latest;
    machine.boot();
    const { revision } = await look(id);
    const waiting = await waitAbove(id, revision);
    machine.apply({ kind: 'disk-fault', problem: problem('disk-full') });
    await look(id);
    broker.clock.pass(100);
    const held = await waiting.answer;
    expect(held).toMatchObject({ state: 'running', problem: { code: 'disk-full' } });
    expect(held.revision).toBeGreaterThan(revision);
    machine.apply({ kind: 'disk-has-room' });
    expect(await look(id)).toMatchObject({ state: 'running', problem: null });
    machine.apply({ kind: 'disk-fault', problem: problem('disk-damaged') });
    expect(await look(id)).toMatchObject({ state: 'running', problem: { code: 'disk-damaged' } });
    await machine.stop('asked');
    expect(await look(id)).toMatchObject({ state: 'ended', problem: null });
  });

  it('ends when its time is over, and says so', async () => {
    const { id, expiresAt } = await start();
    broker.host.latest.boot();
    broker.clock.pass(Date.parse(expiresAt) - broker.clock.now());
    expect(await look(id)).toMatchObject({
      state: 'ended',
      problem: { code: 'stream-time-limit' },
    });
    expect(broker.host.latest.state).toMatchObject({ kind: 'stopped', reason: 'expired' });
  });

  it('has no room when the host is full', async () => {
    for (const name of ['bob', 'eve']) {
      const other = await broker.userWithDesktop(name);
      await terminal.signIn(name, password);
      await terminal.call('createSession', { body: other });
    }
    await terminal.signIn('ada', password);
    await start();
    const { id } = await broker.admin.addPool({
      name: 'second',
      image: 'porthole',
      engine: 'full',
      memoryMb: 256,
      cpus: 1,
      users: ['ada'],
    });
    expect(await terminal.call('createSession', { body: { desktopId: id } })).toMatchObject({
      status: 503,
      body: { code: 'host-full' },
    });
  });

  it('gives a ticket only while it runs', async () => {
    const { id } = await start();
    const ticket = () => terminal.call('createTicket', { params: { id } });
    expect(await ticket()).toMatchObject({ status: 409, body: { code: 'session-not-ready' } });
    broker.host.latest.boot();
    expect(await ticket()).toMatchObject({ status: 201 });
    await terminal.call('endSession', { params: { id } });
    expect(await ticket()).toMatchObject({ status: 410, body: { code: 'session-ended' } });
  });

  it('is fitted to a screen while it runs, where the guest knows how', async () => {
    const { id } = await start();
    const body = { width: 1366, height: 768, percent: 200 };
    const fitted = () => terminal.call('fitScreen', { params: { id }, body });
    expect(await fitted()).toMatchObject({ status: 409, body: { code: 'session-not-ready' } });
    broker.host.latest.boot();
    expect(await fitted()).toMatchObject({ status: 200, body: { fitted: false } });
  });

  it('has a picture while it runs, at most one in two seconds', async () => {
    const { id } = await start();
    const picture = () => terminal.call('sessionPicture', { params: { id } });
    expect(await picture()).toMatchObject({ status: 409, body: { code: 'session-not-ready' } });
    broker.host.latest.boot();
    const [one, two] = await Promise.all([picture(), picture()]);
    expect([one.raw.toString(), two.raw.toString()]).toEqual(['picture 1', 'picture 1']);
    expect(one.headers['content-type']).toBe('image/png');
    broker.clock.pass(2_000);
    expect((await picture()).raw.toString()).toBe('picture 2');
    await terminal.call('endSession', { params: { id } });
    expect(await picture()).toMatchObject({ status: 410, body: { code: 'session-ended' } });
  });
});

describe('two users', () => {
  it("cannot see, use or end each other's desktops and sessions", async () => {
    const { id } = await start();
    broker.host.latest.boot();
    await broker.userWithDesktop('bob');
    const other = await broker.terminal();
    await other.signIn('bob', password);
    const listed = JSON.stringify((await other.call('listDesktops')).body);
    expect(listed).not.toContain(desktopId);
    expect(await other.call('createSession', { body: { desktopId } })).toMatchObject({
      status: 404,
      body: { code: 'desktop-not-found' },
    });
    const calls = ['getSession', 'endSession', 'createTicket', 'sessionPicture'] as const;
    for (const name of calls) {
      expect(await other.call(name, { params: { id } })).toMatchObject({
        status: 404,
        body: { code: 'session-not-found' },
      });
      // The same as for one that does not exist.
      const nowhere = await other.call(name, { params: { id: crypto.randomUUID() } });
      expect(nowhere).toMatchObject({ status: 404, body: { code: 'session-not-found' } });
    }
    const body = { width: 800, height: 600, percent: 100 };
    expect((await other.call('fitScreen', { params: { id }, body })).status).toBe(404);
    const waiting = await other.call('getSession', { params: { id }, query: { after: '99' } });
    expect(waiting.status).toBe(404);
    expect((await look(id)).state).toBe('running');
  });
});

describe('the audit log', () => {
  async function told(action: 'session.started' | 'session.ended') {
    await broker.close('stop');
    return broker.audit.list({ limit: 10, action });
  }
  const ada = { kind: 'user', name: 'ada' };

  it('tells who started a session and who ended it, once each', async () => {
    const { id } = await start();
    await start();
    broker.host.latest.boot();
    await terminal.call('endSession', { params: { id } });
    await terminal.call('endSession', { params: { id } });
    const target = { kind: 'session', id };
    const by = { actor: ada, target, terminalId: terminal.id };
    expect(await broker.audit.list({ limit: 10, action: 'session.started' })).toMatchObject([by]);
    expect(await told('session.ended')).toMatchObject([by]);
  });

  it('tells of one that ends by its limit', async () => {
    await start();
    broker.host.latest.boot();
    broker.clock.pass(300_000);
    expect(await told('session.ended')).toMatchObject([
      { actor: { kind: 'broker' }, detail: { username: 'ada', reason: 'stream-time-limit' } },
    ]);
  });

  it('tells of one whose guest fails', async () => {
    await start();
    broker.host.latest.fail(problem('guest-failed'));
    expect(await told('session.ended')).toMatchObject([
      { actor: { kind: 'broker' }, detail: { reason: 'guest-failed' } },
    ]);
  });

  it('tells of one that got no machine', async () => {
    broker.host.full = new CodedError('host-full', { detail: 'memory' });
    await terminal.call('createSession', { body: { desktopId } });
    const [started] = await broker.audit.list({ limit: 10, action: 'session.started' });
    expect(await told('session.ended')).toMatchObject([
      {
        actor: { kind: 'broker' },
        target: started?.target,
        detail: { username: 'ada', reason: 'host-full' },
      },
    ]);
  });

  it('tells who left one behind by signing out', async () => {
    await start();
    broker.host.latest.boot();
    await terminal.signOut();
    expect(await told('session.ended')).toMatchObject([{ actor: ada }]);
  });
});
