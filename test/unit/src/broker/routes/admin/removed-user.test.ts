import { existsSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FakeMachine } from '../../../../../fakes/fake-host.ts';
import type { FakeTerminal } from '../../../../../fakes/fake-terminal.ts';
import { password, startTestBroker, type TestBroker } from '../../../../../fakes/test-broker.ts';
import { until } from '../../../../../fakes/until.ts';

const MiB = 1024 ** 2;
const pssBytes = 48 * MiB;
const writtenBytes = 3 * MiB;

let broker: TestBroker;
beforeEach(async () => {
  broker = await startTestBroker();
});
afterEach(() => broker.end());

async function seated(username: string): Promise<FakeTerminal> {
  const terminal = await broker.terminal();
  await terminal.signIn(username, password);
  return terminal;
}

/** A desktop of eve that runs and was measured; she has one more, persistent or not. */
async function desktop(persistence: 'persistent' | 'non-persistent'): Promise<FakeMachine> {
  const { admin, clock, db, host } = broker;
  const { id } = await admin.addPool({
    name: persistence,
    image: 'porthole',
    persistence,
    users: ['eve'],
  });
  await (await seated('eve')).call('createSession', { body: { desktopId: id } });
  const machine = host.latest;
  machine.measured = {
    cpuSeconds: 1,
    cpus: 0,
    pssBytes,
    privateBytes: pssBytes,
    diskBytes: writtenBytes,
    receivedBytes: 0,
    sentBytes: 0,
  };
  machine.boot();
  clock.pass(10_000);
  await until('that is written down', async () => {
    const row = db.selectFrom('machines').select('usage').where('id', '=', machine.spec.id);
    return (await row.executeTakeFirst())?.usage !== null;
  });
  return machine;
}

describe('a user who is removed through the API', () => {
  it('leaves the host what their desktops and disks took, which it is told', async () => {
    const account = { displayName: 'x', password };
    await broker.admin.addUser({ ...account, username: 'ada', groups: ['administrators'] });
    const { id } = await broker.admin.addUser({ ...account, username: 'eve' });
    const machines = [await desktop('persistent'), await desktop('non-persistent')];
    const [kept] = machines.map(({ spec }) => spec.disk);
    if (kept?.kind !== 'kept') throw new Error('the disk is not kept');
    writeFileSync(kept.path, Buffer.alloc(MiB, 1));
    const diskBytes = statSync(kept.path).blocks * 512 + writtenBytes;
    const terminal = await seated('ada');
    const removed = await terminal.call('removeUser', { params: { id } });
    expect(removed).toMatchObject({ status: 200 });
    expect(removed.body).toEqual({ sessions: 2, disks: 1, diskBytes, memoryBytes: 2 * pssBytes });
    expect(existsSync(kept.path)).toBe(false);
    const log = await terminal.call('listAudit', { query: { action: 'user.removed', limit: '1' } });
    expect(log.body).toMatchObject({
      events: [
        {
          actor: { kind: 'user', name: 'ada' },
          target: { kind: 'user', name: 'eve' },
          detail: { sessionsEnded: 2, disks: 1, diskBytes },
        },
      ],
    });
    broker.clock.pass(5_000);
    await until('their desktops are stopped', () =>
      machines.every(({ state }) => state.kind === 'stopped'),
    );
    expect(await terminal.call('removeUser', { params: { id } })).toMatchObject({ status: 404 });
  });
});
