import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { sessionSchema } from '../../../../src/contract/session.ts';
import { FakeClock } from '../../../fakes/fake-clock.ts';
import { FakeHost } from '../../../fakes/fake-host.ts';
import type { FakeTerminal } from '../../../fakes/fake-terminal.ts';
import { password, startTestBroker, type TestBroker } from '../../../fakes/test-broker.ts';

/** Broker after broker, on the same store, the same machines, and the same clock. */
const brokers: TestBroker[] = [];
afterEach(async () => {
  for (const broker of brokers.toReversed()) await broker.end('keep');
  for (const broker of brokers.splice(0)) rmSync(broker.dataDir, { recursive: true, force: true });
});

async function firstBroker() {
  const broker = await startTestBroker({ host: new FakeHost(), clock: new FakeClock() });
  brokers.push(broker);
  const { desktopId } = await broker.userWithDesktop('ada');
  const terminal = await broker.terminal();
  await terminal.signIn('ada', password);
  const { body } = await terminal.call('createSession', { body: { desktopId } });
  return { broker, terminal, desktopId, session: sessionSchema.parse(body) };
}

/** A broker as after a SIGKILL of the one before, which never got to close anything. */
async function nextBroker(before: TestBroker): Promise<TestBroker> {
  const { host, clock, dataDir } = before;
  const broker = await startTestBroker({ host, clock, dataDir });
  brokers.push(broker);
  return broker;
}

/** The same terminal, at another broker. */
function at(broker: TestBroker, terminal: FakeTerminal): FakeTerminal {
  return terminal.movedTo(broker.transport);
}

describe('after a crash of the broker', () => {
  it('a running session goes on, with the same sign-in, and is newer than ever seen', async () => {
    const { broker, terminal, session } = await firstBroker();
    broker.host.latest.boot();
    const seen = await terminal.call('getSession', { params: { id: session.id } });
    const { revision } = sessionSchema.parse(seen.body);
    const next = await nextBroker(broker);
    const back = at(next, terminal);
    const found = await back.call('getSession', { params: { id: session.id } });
    expect(found).toMatchObject({ status: 200, body: { state: 'running' } });
    expect(sessionSchema.parse(found.body).revision).toBeGreaterThan(revision);
    expect(await back.call('createTicket', { params: { id: session.id } })).toMatchObject({
      status: 201,
    });
  });

  it('a proof that the broker before has seen is not taken for new', async () => {
    const { broker, terminal } = await firstBroker();
    const proof = await terminal.proof('GET', '/v1/desktops', terminal.accessToken);
    expect(await terminal.call('listDesktops', { proof })).toMatchObject({ status: 200 });
    const back = at(await nextBroker(broker), terminal);
    expect(await back.call('listDesktops', { proof })).toMatchObject({
      status: 401,
      body: { code: 'proof-nonce-needed' },
    });
    expect(await back.call('listDesktops')).toMatchObject({ status: 200 });
  });

  it('a session that was starting goes on starting', async () => {
    const { broker, terminal, session } = await firstBroker();
    broker.host.latest.apply({ kind: 'disk-ready' });
    await terminal.call('getSession', { params: { id: session.id } });
    const next = await nextBroker(broker);
    const back = at(next, terminal);
    const look = () => back.call('getSession', { params: { id: session.id } });
    expect(await look()).toMatchObject({ body: { state: 'starting' } });
    next.host.latest.boot();
    expect(await look()).toMatchObject({ body: { state: 'running' } });
  });

  it('a session whose machine is gone has failed, and makes room', async () => {
    const { broker, terminal, session, desktopId } = await firstBroker();
    const next = await startTestBroker({
      host: new FakeHost(),
      clock: broker.clock,
      dataDir: broker.dataDir,
    });
    brokers.push(next);
    const back = at(next, terminal);
    expect(await back.call('getSession', { params: { id: session.id } })).toMatchObject({
      body: { state: 'failed', problem: { code: 'guest-failed' } },
    });
    const again = await back.call('createSession', { body: { desktopId } });
    expect(again).toMatchObject({ status: 201, body: { state: 'starting' } });
  });

  it('a session that was ending is gone on ending, in its own way, and told of once', async () => {
    const { broker, terminal, session } = await firstBroker();
    const { latest: machine } = broker.host;
    machine.boot();
    // Killed before the guest heard of it.
    machine.stop = async () => undefined;
    await terminal.call('endSession', { params: { id: session.id } });
    const stops: string[] = [];
    machine.stop = async (reason) => void stops.push(reason);
    const next = await nextBroker(broker);
    expect(next.host.claims.at(-1)).toEqual(new Set([machine.spec.id]));
    expect(stops).toEqual(['asked']);
    const look = () => at(next, terminal).call('getSession', { params: { id: session.id } });
    expect(await look()).toMatchObject({ body: { state: 'ending', problem: null } });
    machine.apply({ kind: 'stop', reason: 'asked' });
    machine.ended();
    expect(await look()).toMatchObject({ body: { state: 'ended', problem: null } });
    await next.close('stop');
    expect(await next.audit.list({ limit: 10, action: 'session.ended' })).toHaveLength(1);
  });

  it.each(['is ending', 'has had its time'])(
    'the guest of a session that %s shuts down where its disk is kept',
    async (how) => {
      const broker = await startTestBroker({ limits: { sessionSeconds: 300 } });
      brokers.push(broker);
      await broker.admin.addUser({ username: 'ada', displayName: 'Ada', password });
      const pool = { name: 'Own', image: 'porthole', users: ['ada'] };
      const { id } = await broker.admin.addPool({ ...pool, persistence: 'persistent' });
      const terminal = await broker.terminal();
      await terminal.signIn('ada', password);
      const { body } = await terminal.call('createSession', { body: { desktopId: id } });
      const { latest: machine } = broker.host;
      machine.boot();
      let shutDowns = 0;
      machine.shutDown = async () => {
        shutDowns += 1;
      };
      const params = { id: sessionSchema.parse(body).id };
      if (how === 'is ending') await terminal.call('endSession', { params });
      await terminal.call('getSession', { params });
      broker.clock.stopTimers();
      broker.clock.pass(300_000);
      machine.loseFollowers();
      shutDowns = 0;
      const next = await nextBroker(broker);
      expect(machine.state.kind).toBe('running');
      expect(shutDowns).toBe(1);
      machine.apply({ kind: 'stop', reason: 'asked' });
      machine.ended();
      await next.close('stop');
      const code = how === 'is ending' ? null : 'stream-time-limit';
      const row = await next.db
        .selectFrom('sessions')
        .select(['state', 'problem'])
        .executeTakeFirstOrThrow();
      expect(row.state).toBe('ended');
      expect(row.problem === null ? null : JSON.parse(row.problem).code).toBe(code);
    },
  );

  it('a machine that was claimed, and that nothing knows any more, is stopped', async () => {
    const { broker, terminal, session } = await firstBroker();
    broker.host.latest.boot();
    await terminal.call('getSession', { params: { id: session.id } });
    await broker.db.deleteFrom('machines').execute();
    broker.clock.stopTimers();
    const next = await nextBroker(broker);
    expect(next.host.claims.at(-1)).toEqual(new Set([next.host.latest.spec.id]));
    expect(next.host.latest.state.kind).toBe('stopped');
  });

  it('the terminal may resume, however long the broker was away', async () => {
    const { broker, terminal } = await firstBroker();
    broker.host.latest.boot();
    broker.clock.pass(10_000);
    await terminal.call('listDesktops');
    // Dead from here on: the clock that passes is nobody's.
    broker.clock.stopTimers();
    broker.clock.pass(3_600_000);
    const next = await nextBroker(broker);
    const back = at(next, terminal);
    next.clock.pass(100_000);
    await back.oauth.refresh();
    expect(await back.resume()).toMatchObject({ status: 200 });
  });

  it('the terminal may not resume if it was away before', async () => {
    const { broker, terminal } = await firstBroker();
    broker.host.latest.boot();
    for (let round = 0; round < 14; round += 1) await broker.passHeartbeat();
    broker.clock.stopTimers();
    broker.clock.pass(3_600_000);
    const next = await nextBroker(broker);
    const back = at(next, terminal);
    await back.oauth.refresh();
    expect(await back.resume()).toMatchObject({
      body: { error_description: 'nothing-to-resume' },
    });
  });
});

describe('closing the broker', () => {
  it('stops the desktops, and says so to who asks later', async () => {
    const { broker, terminal, session } = await firstBroker();
    broker.host.latest.boot();
    await broker.close('stop');
    expect(broker.host.latest.state.kind).toBe('stopped');
    const next = await nextBroker(broker);
    const back = at(next, terminal);
    expect(await back.call('getSession', { params: { id: session.id } })).toMatchObject({
      body: { state: 'ended', problem: { code: 'session-ended' } },
    });
  });

  it('or leaves them running for the next one', async () => {
    const { broker, terminal, session } = await firstBroker();
    broker.host.latest.boot();
    await broker.close('leave');
    expect(broker.host.latest.state.kind).toBe('running');
    const next = await nextBroker(broker);
    const back = at(next, terminal);
    expect(await back.call('getSession', { params: { id: session.id } })).toMatchObject({
      body: { state: 'running' },
    });
  });

  it('answers those who wait', async () => {
    const { broker, terminal, session } = await firstBroker();
    const before = broker.clock.pending;
    const waiting = terminal.call('getSession', {
      params: { id: session.id },
      query: { after: '99' },
    });
    while (broker.clock.pending === before) await terminal.call('listDesktops');
    await broker.close('leave');
    expect(await waiting).toMatchObject({ status: 200 });
  });
});
