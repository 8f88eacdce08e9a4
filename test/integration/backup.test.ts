import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { commandLine } from '../../src/broker/audit/actor.ts';
import { createAuditLog } from '../../src/broker/audit/audit-log.ts';
import { backUpBroker, restoreBroker } from '../../src/broker/backup/backups.ts';
import { createDiskFiles } from '../../src/broker/disks/disk-files.ts';
import type { StoreLocation } from '../../src/broker/store/store.ts';
import { lockHost } from '../../src/desktops/host-lock.ts';
import { auditEntry } from '../fakes/audit-entry.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { everythingIn, fillStore, withStore } from './filled-store.ts';
import { databases, missingDatabase, type Stores, startStores } from './store-databases.ts';

const ways = databases.flatMap((from) => databases.map((to) => ({ from, to })));

describe.each(ways)('a backup of $from, restored to $to', ({ from, to }) => {
  const missing = missingDatabase(from) ?? missingDatabase(to);
  if (missing !== null) {
    it.skip(missing);
    return;
  }
  const clock = new FakeClock();
  let sources: Stores;
  let targets: Stores;
  let source: StoreLocation;
  let target: StoreLocation;
  let file: string;
  beforeAll(async () => {
    sources = await startStores(from);
    targets = from === to ? sources : await startStores(to);
  });
  afterAll(async () => {
    await sources.dispose();
    await targets.dispose();
  });
  beforeEach(async () => {
    [source, target] = [await sources.place(), await targets.place()];
    file = path.join(source.dataDir, 'backup');
    await withStore(source, async ({ db }) => {
      const audit = createAuditLog({ db, clock });
      for (let event = 0; event < 3; event += 1) {
        await audit.append(auditEntry({ detail: { event } }));
        clock.pass(1_000);
      }
      await audit.prune(clock.now() - 2_000, commandLine);
      await fillStore(db);
    });
    const keys = path.join(source.dataDir, 'keys');
    await mkdir(keys, { mode: 0o700 });
    await writeFile(path.join(keys, 'ca.pem'), 'a certificate', { mode: 0o644 });
    await writeFile(path.join(keys, 'ca.key'), Buffer.from([0, 255, 10]), { mode: 0o600 });
  });

  /** What no backup holds, put in place by hand. */
  async function putFiles(): Promise<void> {
    const files = createDiskFiles(target.dataDir);
    await files.prepare();
    const paths = [...['k', 'srv', 'ma'].map(files.disk), files.snapshot('sn')];
    for (const file of paths) await writeFile(file, '');
  }

  const backUp = () => backUpBroker({ ...source, file, clock });
  const restore = (replace = false) => restoreBroker({ ...target, file, clock, replace });

  it('is all that it was, and goes on', async () => {
    await backUp();
    const before = await withStore(source, everythingIn);
    await putFiles();
    await restore();
    const after = await withStore(target, everythingIn);
    expect([after.machines, after.host_usage]).toEqual([[], []]);
    expect(after.servers).toEqual(before.servers.map((row) => ({ ...row, machine_id: null })));
    const { machines, host_usage, servers } = before;
    Object.assign(after, { machines, host_usage, servers });
    // What the audit log has since: the backup here, the restoring there.
    const [backedUp, restored] = [before.audit_events.pop(), after.audit_events.pop()];
    expect(after).toEqual(before);
    expect(backedUp).toMatchObject({ action: 'broker.backed-up' });
    expect(restored).toMatchObject({ action: 'broker.restored', number: backedUp?.number });
    expect(after.audit_events.map(({ number }) => number)).toEqual([2, 3, 4]);
    await withStore(target, async ({ db }) => {
      const audit = createAuditLog({ db, clock });
      expect(await audit.verify()).toMatchObject({ sound: true, events: 4 });
      const step = { session_id: 's', engine: 'para', image: 'debian', step: 'booting' } as const;
      await db
        .insertInto('step_durations')
        .values({ ...step, duration_ms: 1 })
        .execute();
      clock.pass(1);
      await audit.prune(clock.now(), commandLine);
      expect(await audit.verify()).toMatchObject({ sound: true, events: 1 });
    });
  });

  it('knows no disks that are not there, and starts no server without its own', async () => {
    await backUp();
    await restore();
    const after = await withStore(target, everythingIn);
    expect([after.kept_disks, after.snapshots, after.masters]).toEqual([[], [], []]);
    expect(after.servers).toMatchObject([
      { wanted: 'stopped', state: 'failed', problem: expect.stringContaining('put the file back') },
    ]);
  });

  it('has the keys, as secret as they were', async () => {
    await backUp();
    await restore();
    const keys = path.join(target.dataDir, 'keys');
    expect(await readdir(keys)).toEqual(['ca.key', 'ca.pem']);
    expect(await readFile(path.join(keys, 'ca.key'))).toEqual(Buffer.from([0, 255, 10]));
    const modes = ['.', 'ca.key', 'ca.pem'].map(async (name) => {
      return (await stat(path.join(keys, name))).mode & 0o777;
    });
    expect(await Promise.all(modes)).toEqual([0o700, 0o600, 0o644]);
    expect((await readdir(target.dataDir)).filter((name) => /^keys./.test(name))).toEqual([]);
  });

  it('is for its owner only, and overwrites nothing', async () => {
    await backUp();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const bytes = await readFile(file);
    await expect(backUp()).rejects.toMatchObject({ code: 'name-taken' });
    expect(await readFile(file)).toEqual(bytes);
    expect((await readdir(source.dataDir)).filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  it('does not take the place of a broker, unless told to', async () => {
    await backUp();
    await withStore(target, async ({ db }) => {
      await createAuditLog({ db, clock }).append(auditEntry());
      await db.insertInto('groups').values({ id: 'other', name: 'Büro', built_in: 0 }).execute();
    });
    await mkdir(path.join(target.dataDir, 'keys'));
    await writeFile(path.join(target.dataDir, 'keys/other.key'), '');
    await expect(restore()).rejects.toMatchObject({ code: 'change-conflict' });
    await restore(true);
    const { groups } = await withStore(target, everythingIn);
    expect(groups.filter(({ name }) => name === 'Büro').map(({ id }) => id)).toEqual(['g']);
    expect(await readdir(path.join(target.dataDir, 'keys'))).toEqual(['ca.key', 'ca.pem']);
  });

  it('does not take the place of a broker that runs', async () => {
    await backUp();
    const lock = lockHost(target.dataDir);
    await expect(restore()).rejects.toMatchObject({ code: 'broker-running' });
    lock.dispose();
    await restore();
  });

  it.each([
    ['is no backup', () => 'something else'],
    ['is cut off', (lines: string[]) => lines.slice(0, -2).join('\n')],
    ['was changed', (lines: string[]) => lines.join('\n').replace('Büro', 'Labor')],
    ['lacks a line', (lines: string[]) => lines.toSpliced(3, 1).join('\n')],
    ['goes on', (lines: string[]) => `${lines.join('\n')}{"sha256":""}\n`],
    ['is of another version', (lines: string[]) => lines.join('\n').replace('0002-', '0003-')],
    ['has a path', (lines: string[]) => lines.join('\n').replace('"ca.pem"', '"../ca.pem"')],
    ['has another column', (lines: string[]) => lines.join('\n').replace('built_in', 'built')],
  ])('that %s is refused, and nothing changes', async (_, damage) => {
    await backUp();
    const lines = gunzipSync(await readFile(file))
      .toString()
      .split('\n');
    await writeFile(file, gzipSync(damage(lines)));
    const before = await withStore(target, everythingIn);
    await expect(restore(true)).rejects.toMatchObject({ code: 'backup-damaged' });
    expect(await withStore(target, everythingIn)).toEqual(before);
    expect(await readdir(target.dataDir)).not.toContain('keys');
  });

  it.each([
    ['is cut off in the midst', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ['is not compressed', (bytes: Buffer) => gunzipSync(bytes)],
    ['is empty', () => Buffer.alloc(0)],
  ])('that %s is refused', async (_, damage) => {
    await backUp();
    await writeFile(file, damage(await readFile(file)));
    await expect(restore()).rejects.toMatchObject({ code: 'backup-damaged' });
  });

  if (from === 'sqlite') {
    it('is not made of a broker that is not there', async () => {
      const dataDir = path.join(source.dataDir, 'typing-mistake');
      const order = { dataDir, file, clock };
      await expect(backUpBroker(order)).rejects.toMatchObject({ code: 'store-missing' });
      expect(await readdir(source.dataDir)).not.toContain('backup');
    });
  }

  it('that is not there is refused', async () => {
    await expect(restore()).rejects.toMatchObject({ code: 'backup-damaged' });
  });
});
