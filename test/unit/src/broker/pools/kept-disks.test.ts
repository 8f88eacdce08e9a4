import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { problem } from '../../../../../src/contract/errors.ts';
import type { MachineUsage } from '../../../../../src/contract/host.ts';
import type { FakeTerminal } from '../../../../fakes/fake-terminal.ts';
import { password, startTestBroker, type TestBroker } from '../../../../fakes/test-broker.ts';
import { textIn } from '../../../../fakes/transport.ts';
import { until } from '../../../../fakes/until.ts';

const pool = "ada's desktop";
const kept = { endSessions: false, destroyDisks: false };
const MiB = 1024 ** 2;

let broker: TestBroker;
let terminal: FakeTerminal;
beforeEach(async () => {
  broker = await startTestBroker();
  await broker.userWithDesktop('ada');
  await broker.admin.changePool({ pool, persistence: 'persistent' });
  terminal = await broker.terminal();
  await terminal.signIn('ada', password);
});
afterEach(() => broker.end());

async function open() {
  const [{ id: desktopId } = { id: '' }] = await broker.admin.listPools();
  return terminal.call('createSession', { body: { desktopId } });
}

/** Starts a session and gives its disk so much content. */
async function work(): Promise<{ id: string; file: string }> {
  const { body } = await open();
  const { disk } = broker.host.latest.spec;
  if (disk.kind !== 'kept') throw new Error('the disk is not kept');
  writeFileSync(disk.path, Buffer.alloc(MiB, 1));
  broker.host.latest.boot();
  return { id: textIn(body, 'id'), file: disk.path };
}

const blocks = (file: string) => statSync(file).blocks * 512;

const usage: MachineUsage = {
  cpuSeconds: 1,
  cpus: 0,
  pssBytes: 48 * MiB,
  privateBytes: 40 * MiB,
  diskBytes: 2 * MiB,
  receivedBytes: 0,
  sentBytes: 0,
};

describe('the disk of a user', () => {
  it('is listed with what it takes, and stays when the session ends', async () => {
    const { id, file } = await work();
    await terminal.call('endSession', { params: { id } });
    expect(await broker.admin.listPoolDisks(pool)).toMatchObject([
      { user: { name: 'ada' }, pool: { name: pool }, imageVersion: 1, bytes: blocks(file) },
    ]);
    expect(await broker.admin.listPools()).toMatchObject([{ disks: 1 }]);
    expect(file.startsWith(join(broker.dataDir, 'disks'))).toBe(true);
  });

  it('is destroyed when it is reset, but not below a session', async () => {
    const { id, file } = await work();
    await expect(broker.admin.resetPoolDisk(pool, 'ada')).rejects.toMatchObject({
      code: 'change-conflict',
    });
    await terminal.call('endSession', { params: { id } });
    const diskBytes = blocks(file);
    expect(await broker.admin.resetPoolDisk(pool, 'ada')).toEqual({
      sessions: 0,
      disks: 1,
      diskBytes,
      memoryBytes: 0,
    });
    expect(existsSync(file)).toBe(false);
    expect(await broker.admin.listPoolDisks(pool)).toEqual([]);
    expect(await broker.admin.listAudit({ action: 'disk.destroyed' })).toMatchObject([
      { target: { kind: 'pool', name: pool }, detail: { username: 'ada', diskBytes } },
    ]);
    await expect(broker.admin.resetPoolDisk(pool, 'ada')).rejects.toMatchObject({
      code: 'command-invalid',
    });
  });

  it('stands against the removal of its pool, unless it is to go with it', async () => {
    const { id, file } = await work();
    await terminal.call('endSession', { params: { id } });
    await expect(broker.admin.removePool(pool, kept)).rejects.toMatchObject({
      code: 'change-conflict',
      detail: expect.stringContaining('disks'),
    });
    expect(existsSync(file)).toBe(true);
    const freed = await broker.admin.removePool(pool, { ...kept, destroyDisks: true });
    expect(freed).toMatchObject({ sessions: 0, disks: 1 });
    expect(existsSync(file)).toBe(false);
  });

  it('is not made anew when it is lost, until an administrator gives it up', async () => {
    const { id, file } = await work();
    await terminal.call('endSession', { params: { id } });
    rmSync(file);
    expect(await open()).toMatchObject({
      status: 503,
      body: {
        code: 'kept-disk-missing',
        detail: basename(file),
        remedy: expect.stringContaining('Ask your administrator'),
      },
    });
    expect(broker.host.made).toHaveLength(1);
    expect(existsSync(file)).toBe(false);
    writeFileSync(file, 'put back');
    const again = await open();
    expect(again.status).toBe(201);
    await terminal.call('endSession', { params: { id: textIn(again.body, 'id') } });
    rmSync(file);
    expect(await broker.admin.resetPoolDisk(pool, 'ada')).toMatchObject({ diskBytes: 0 });
    expect((await work()).file).not.toBe(file);
  });

  it('is made by the next session where the first never came to run', async () => {
    await open();
    const { disk } = broker.host.latest.spec;
    broker.host.latest.fail(problem('qemu-missing'));
    broker.host.latest.ended();
    expect((await work()).file).toBe(disk.kind === 'kept' ? disk.path : null);
  });

  it('keeps its pool from becoming one that it would be useless in', async () => {
    await work();
    for (const change of [{ persistence: 'non-persistent' }, { engine: 'full' }] as const) {
      await expect(broker.admin.changePool({ pool, ...change })).rejects.toMatchObject({
        code: 'change-conflict',
      });
    }
    await broker.admin.changePool({ pool, memoryMb: 512 });
  });
});

describe('a user who leaves', () => {
  it('gives back their sessions, their disks and the memory, each counted once', async () => {
    const { file } = await work();
    const [machine] = broker.host.made;
    if (machine === undefined) throw new Error('there is no machine');
    machine.measured = usage;
    broker.clock.pass(10_000);
    await until('that is written down', async () => {
      const row = await broker.db.selectFrom('machines').select('usage').executeTakeFirst();
      return row?.usage !== null;
    });
    const diskBytes = blocks(file);
    expect(await broker.admin.removeUser('ada')).toEqual({
      sessions: 1,
      disks: 1,
      diskBytes,
      memoryBytes: usage.pssBytes,
    });
    expect(existsSync(file)).toBe(false);
    broker.clock.pass(5_000);
    await until('the desktop is stopped', () => machine.state.kind === 'stopped');
    expect(await broker.db.selectFrom('kept_disks').selectAll().execute()).toEqual([]);
    const [entry] = await broker.admin.listAudit({ action: 'user.removed' });
    expect(entry?.detail).toMatchObject({ disks: 1, diskBytes });
  });

  it('and had nothing gives back nothing', async () => {
    expect(await broker.admin.removeUser('ada')).toEqual({
      sessions: 0,
      disks: 0,
      diskBytes: 0,
      memoryBytes: 0,
    });
  });
});
