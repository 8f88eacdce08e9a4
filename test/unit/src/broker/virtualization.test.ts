import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeHost, type FakeMachine } from '../../../fakes/fake-host.ts';
import type { FakeTerminal } from '../../../fakes/fake-terminal.ts';
import { password, startTestBroker, type TestBroker } from '../../../fakes/test-broker.ts';
import { textIn } from '../../../fakes/transport.ts';
import { until } from '../../../fakes/until.ts';

/** Broker after broker, on the same store and the same clock. */
const brokers: TestBroker[] = [];
afterEach(async () => {
  for (const broker of brokers.toReversed()) await broker.end('keep');
  for (const { dataDir } of brokers.splice(0)) rmSync(dataDir, { recursive: true, force: true });
});

async function firstBroker() {
  const broker = await startTestBroker();
  brokers.push(broker);
  return broker;
}

/** A broker as after a SIGKILL of the one before, which never got to close anything. */
async function nextBroker({ clock, dataDir }: TestBroker, host: FakeHost): Promise<TestBroker> {
  clock.stopTimers();
  const broker = await startTestBroker({ host, clock, dataDir });
  brokers.push(broker);
  return broker;
}

async function seated(broker: TestBroker, username: string): Promise<FakeTerminal> {
  const terminal = await broker.terminal();
  await terminal.signIn(username, password);
  return terminal;
}

/** Lets the broker look until there are so many machines, and gives the last. */
async function nextMachine(broker: TestBroker, number: number): Promise<FakeMachine> {
  // A look that goes on since before the order was made does not see it; the next one does.
  await until('a machine is made', () => {
    if (broker.host.made.length < number) broker.clock.pass(5_000);
    return broker.host.made.length === number;
  });
  broker.host.latest.boot();
  return broker.host.latest;
}

/** One machine of each kind of owner, as the rows of the machines have them. */
async function everyOwner(broker: TestBroker) {
  const { admin, host } = broker;
  await admin.addUser({
    username: 'ada',
    displayName: 'Ada',
    password,
    groups: ['administrators'],
  });
  const terminal = await seated(broker, 'ada');
  const pool = { name: 'Office', image: 'porthole', users: ['ada'] };
  const { id: desktopId } = await admin.addPool(pool);
  const started = await terminal.call('createSession', { body: { desktopId } });
  host.latest.boot();
  const session = { machine: host.latest, id: textIn(started.body, 'id') };
  const { id: masterId } = await admin.openMaster('porthole-desktop');
  const opened = await terminal.call('createSession', { body: { desktopId: masterId } });
  host.latest.boot();
  const master = { machine: host.latest, id: textIn(opened.body, 'id') };
  await admin.addServer({ name: 'Mail', image: 'porthole' });
  const server = await nextMachine(broker, 3);
  await admin.addPool({ name: 'Ready', image: 'porthole', spares: 1 });
  const spare = await nextMachine(broker, 4);
  const stateOf = async (name: string) =>
    (await admin.listServers()).find((each) => each.name === name)?.state;
  await until('all is written down', async () => (await stateOf('Mail')) === 'running');
  return { terminal, session, master, server, spare };
}

const machineIds = async (broker: TestBroker) => {
  const rows = await broker.db.selectFrom('machines').select('id').execute();
  return new Set(rows.map(({ id }) => id));
};

describe('a broker that comes back', () => {
  it('claims the machines of all owners at once, and each goes on with its own', async () => {
    const broker = await firstBroker();
    const { terminal, session, master, server, spare } = await everyOwner(broker);
    const { host } = broker;
    const machines = [session.machine, master.machine, server, spare];
    const nobodys = host.start({ ...spare.spec, id: randomUUID() });
    const next = await nextBroker(broker, host);
    const ids = new Set(machines.map(({ spec }) => spec.id));
    expect(host.claims).toEqual([new Set(), ids]);
    expect(nobodys.state.kind).toBe('stopped');
    expect(await machineIds(next)).toEqual(ids);
    const back = terminal.movedTo(next.transport);
    for (const { id } of [session, master]) {
      const found = await back.call('getSession', { params: { id } });
      expect(found).toMatchObject({ status: 200, body: { state: 'running' } });
    }
    expect(await next.admin.listServers()).toMatchObject([{ name: 'Mail', state: 'running' }]);
    expect(await next.admin.listPools()).toMatchObject([
      { name: 'Office', desktops: { inUse: 1, spare: 0 } },
      { name: 'Ready', desktops: { inUse: 0, spare: 1 } },
    ]);
    // What it has it does not make anew: this one comes last.
    await next.admin.addPool({ name: 'Later', image: 'porthole', spares: 1 });
    const later = await nextMachine(next, host.made.length + 1);
    expect(host.machines()).toEqual([...machines, later]);
  });

  it('forgets the machines that are gone', async () => {
    const broker = await firstBroker();
    const { session, master } = await everyOwner(broker);
    const before = await machineIds(broker);
    expect(before.size).toBe(4);
    // Every machine died with the host that they were on.
    const next = await nextBroker(broker, new FakeHost());
    expect(next.host.claims).toEqual([before]);
    const after = await machineIds(next);
    expect([...after].filter((id) => before.has(id))).toEqual([]);
    const sessions = await next.admin.listSessions();
    expect(sessions.map(({ id, state }) => [id, state])).toEqual(
      expect.arrayContaining([
        [session.id, 'failed'],
        [master.id, 'failed'],
      ]),
    );
    // The virtual server is to run: it starts again.
    await until('the server starts', () => next.host.made.length > 0);
    expect(next.host.made.map(({ spec }) => spec.hostname)).toEqual(['mail']);
  });
});

describe('a host that is short of memory', () => {
  /** Desktops that run, the one that was not used for longest first. */
  async function desktops(broker: TestBroker, usernames: string[]): Promise<FakeMachine[]> {
    const machines: FakeMachine[] = [];
    for (const username of usernames) {
      const { desktopId } = await broker.userWithDesktop(username);
      const terminal = await seated(broker, username);
      await terminal.call('createSession', { body: { desktopId } });
      broker.host.latest.boot();
      machines.push(broker.host.latest);
      broker.clock.pass(60_000);
    }
    return machines;
  }

  it('is relieved of spares first, then of the desktop that was idle for longest', async () => {
    const broker = await firstBroker();
    const [first, second] = await desktops(broker, ['ada', 'bob']);
    await broker.admin.addPool({ name: 'Ready', image: 'porthole', spares: 1 });
    const spare = await nextMachine(broker, 3);
    const kinds = () => [first, second, spare].map((machine) => machine?.state.kind);
    broker.host.room = false;
    await broker.relieve();
    expect(kinds()).toEqual(['running', 'running', 'stopped']);
    await broker.relieve();
    expect(kinds()).toEqual(['suspended', 'running', 'stopped']);
    await broker.relieve();
    expect(kinds()).toEqual(['suspended', 'suspended', 'stopped']);
    await broker.relieve();
    expect(kinds()).toEqual(['suspended', 'suspended', 'stopped']);
  });
});
