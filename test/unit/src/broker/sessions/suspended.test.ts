import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CodedError, problem } from '../../../../../src/contract/errors.ts';
import { type Session, sessionSchema } from '../../../../../src/contract/session.ts';
import type { FakeTerminal } from '../../../../fakes/fake-terminal.ts';
import { password, startTestBroker, type TestBroker } from '../../../../fakes/test-broker.ts';
import { until } from '../../../../fakes/until.ts';

/** Broker after broker on one store. */
let brokers: TestBroker[];
let broker: TestBroker;
let terminal: FakeTerminal;
let desktopId: string;
let session: Session;
beforeEach(async () => {
  broker = await startTestBroker({ limits: { sessionSeconds: 300 } });
  brokers = [broker];
  ({ desktopId } = await broker.userWithDesktop('ada'));
  terminal = await broker.terminal();
  await terminal.signIn('ada', password);
  session = await start();
  broker.host.latest.boot();
  await broker.host.latest.suspend();
});
afterEach(async () => {
  for (const each of brokers.toReversed()) await each.end('keep');
  rmSync(broker.dataDir, { recursive: true });
});

async function start(at: FakeTerminal = terminal): Promise<Session> {
  const { body } = await at.call('createSession', { body: { desktopId } });
  return sessionSchema.parse(body);
}

async function look(at: FakeTerminal = terminal): Promise<Session> {
  const { body } = await at.call('getSession', { params: { id: session.id } });
  return sessionSchema.parse(body);
}

const ticket = (at: FakeTerminal = terminal) =>
  at.call('createTicket', { params: { id: session.id } });

/** What a machine does that comes back from its saved memory. */
function comeBack(): void {
  broker.host.latest.apply({ kind: 'process-ready', next: 'restoring' });
  broker.host.latest.apply({ kind: 'desktop-ready' });
}

/** A broker as after a SIGKILL of the one before, which never got to close anything. */
async function nextBroker(): Promise<FakeTerminal> {
  const { host, clock, dataDir } = broker;
  const next = await startTestBroker({ host, clock, dataDir, limits: { sessionSeconds: 300 } });
  brokers.push(next);
  return terminal.movedTo(next.transport);
}

describe('a suspended session', () => {
  it('is still its user’s, and says that it is suspended', async () => {
    expect(await look()).toMatchObject({ id: session.id, state: 'suspended', problem: null });
    await until('that is written down', async () => {
      const [listed] = await broker.admin.listSessions();
      return listed?.state === 'suspended';
    });
    expect(await terminal.call('listDesktops')).toMatchObject({
      body: { desktops: [{ session: { id: session.id, state: 'suspended' } }] },
    });
  });

  it('is woken by who opens the desktop, who follows it on its way up', async () => {
    const machine = broker.host.latest;
    machine.slowToSleep = true;
    const waking = await start();
    expect(waking).toMatchObject({ id: session.id, state: 'starting' });
    expect(await ticket()).toMatchObject({ status: 409, body: { code: 'session-not-ready' } });
    comeBack();
    expect((await look()).state).toBe('running');
    expect(await ticket()).toMatchObject({ status: 201 });
    expect(broker.host.made).toEqual([machine]);
  });

  it('is woken by who asks for a ticket, who has it once the desktop runs', async () => {
    expect(await ticket()).toMatchObject({ status: 201 });
    expect((await look()).state).toBe('running');
    expect(broker.host.latest.state.kind).toBe('running');
  });

  it('is woken at the terminal to which its user has moved', async () => {
    const other = await broker.terminal();
    await other.signIn('ada', password);
    expect(await ticket(other)).toMatchObject({ status: 201 });
    await until('that is written down', async () => {
      const row = broker.db.selectFrom('sessions').select('terminal_id');
      return (await row.executeTakeFirst())?.terminal_id === other.id;
    });
  });

  it('is not woken by anybody else, nor while its user is not entitled to it', async () => {
    await broker.userWithDesktop('bob');
    const other = await broker.terminal();
    await other.signIn('bob', password);
    expect(await ticket(other)).toMatchObject({ status: 404 });
    await broker.db.deleteFrom('entitlements').execute();
    expect(await ticket()).toMatchObject({ status: 404, body: { code: 'desktop-not-found' } });
    expect(broker.host.latest.state.kind).toBe('suspended');
  });

  it('that cannot be woken sleeps on, and says why; the next try may succeed', async () => {
    const machine = broker.host.latest;
    machine.slowToSleep = true;
    await start();
    machine.apply({ kind: 'wake-failed', problem: problem('image-unknown') });
    expect(await look()).toMatchObject({
      id: session.id,
      state: 'suspended',
      problem: { code: 'image-unknown' },
    });
    expect(await start()).toMatchObject({ id: session.id, state: 'starting', problem: null });
    comeBack();
    expect(await look()).toMatchObject({ id: session.id, state: 'running', problem: null });
  });

  it('for which there is no room is refused to who opens the desktop, and sleeps on', async () => {
    vi.spyOn(broker.host.latest, 'wake').mockRejectedValueOnce(new CodedError('host-full'));
    const refused = await terminal.call('createSession', { body: { desktopId } });
    expect(refused).toMatchObject({ status: 503, body: { code: 'host-full' } });
    expect((await look()).state).toBe('suspended');
    await start();
    expect((await look()).state).toBe('running');
  });

  it('that is lost once it runs again has failed, and says why; the next one starts afresh', async () => {
    const machine = broker.host.latest;
    machine.slowToSleep = true;
    await start();
    machine.fail(problem('guest-failed'));
    expect(await look()).toMatchObject({ state: 'failed', problem: { code: 'guest-failed' } });
    const next = await start();
    expect(next.id).not.toBe(session.id);
    expect(broker.host.machines()).toHaveLength(1);
  });

  it('has no picture', async () => {
    const picture = await terminal.call('sessionPicture', { params: { id: session.id } });
    expect(picture).toMatchObject({ status: 409, body: { code: 'session-not-ready' } });
  });

  it('ends as its user wishes, without being woken', async () => {
    const states: string[] = [];
    broker.host.latest.onChange(({ kind }) => void states.push(kind));
    await terminal.call('endSession', { params: { id: session.id } });
    await until('it has ended', async () => (await look()).state === 'ended');
    expect(states).toEqual(['stopping', 'stopped']);
    expect(await ticket()).toMatchObject({ status: 410, body: { code: 'session-ended' } });
  });

  it('ends when its time is over', async () => {
    broker.clock.pass(300_000);
    expect(broker.host.latest.state).toMatchObject({ kind: 'stopped', reason: 'expired' });
    await broker.close('stop');
    expect(await broker.admin.listSessions()).toMatchObject([{ id: session.id, state: 'ended' }]);
    expect(await broker.audit.list({ limit: 1, action: 'session.ended' })).toMatchObject([
      { detail: { username: 'ada', reason: 'stream-time-limit' } },
    ]);
  });

  it('ends with its user', async () => {
    await broker.admin.removeUser('ada');
    broker.clock.pass(5_000);
    await until('it is stopped', () => broker.host.latest.state.kind === 'stopped');
  });

  it('ends with the terminal that it was last used at, when that is revoked', async () => {
    await broker.admin.revokeTerminal(terminal.id);
    broker.clock.pass(5_000);
    await until('it is stopped', () => broker.host.latest.state.kind === 'stopped');
  });
});

describe('after a crash of the broker', () => {
  it('a suspended session is claimed, sleeps on, and can be woken', async () => {
    await look();
    const at = await nextBroker();
    expect(broker.host.claims.at(-1)).toEqual(new Set([broker.host.latest.spec.id]));
    expect(await look(at)).toMatchObject({ id: session.id, state: 'suspended' });
    expect(broker.host.latest.state.kind).toBe('suspended');
    expect(await ticket(at)).toMatchObject({ status: 201 });
    expect((await look(at)).state).toBe('running');
  });

  it('a session that fell asleep while no broker looked is found asleep', async () => {
    await ticket();
    expect((await look()).state).toBe('running');
    await broker.close('leave');
    await broker.host.latest.suspend();
    const at = await nextBroker();
    expect(await look(at)).toMatchObject({ id: session.id, state: 'suspended' });
  });

  it('a suspended session whose time ran out meanwhile is claimed, and ends', async () => {
    await look();
    broker.clock.stopTimers();
    broker.clock.pass(300_000);
    await nextBroker();
    expect(broker.host.claims.at(-1)).toEqual(new Set([broker.host.latest.spec.id]));
    expect(broker.host.latest.state).toEqual({ kind: 'stopped', reason: 'expired' });
    expect(await broker.admin.listSessions()).toMatchObject([{ id: session.id, state: 'ended' }]);
  });
});
