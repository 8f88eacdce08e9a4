import { readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { commandLine } from '../../../../../src/broker/audit/actor.ts';
import { startServers } from './server-fixture.ts';

/** A server that is stopped, with something on its disk. */
async function stopped() {
  const fixture = await startServers();
  const { id } = await fixture.add({ autostart: false });
  await fixture.files.prepare();
  const disk = fixture.files.disk(id);
  await writeFile(disk, 'before');
  return { fixture, id, disk };
}

it('a snapshot is what the disk goes back to', async () => {
  const { fixture, id, disk } = await stopped();
  const { snapshots } = fixture;
  const snapshot = await snapshots.create(id, 'Before the update', commandLine);
  expect(snapshot).toMatchObject({ name: 'Before the update', bytes: 4096 });
  expect((await fixture.view(id)).snapshots).toEqual([snapshot]);
  await writeFile(disk, 'after');
  await snapshots.restore(id, snapshot.id, commandLine);
  expect(await readFile(disk, 'utf8')).toBe('before');
  await writeFile(disk, 'after');
  await snapshots.restore(id, snapshot.id, commandLine);
  expect(await readFile(disk, 'utf8')).toBe('before');
  expect(await snapshots.remove(id, snapshot.id, commandLine)).toMatchObject({ diskBytes: 4096 });
  expect((await fixture.view(id)).snapshots).toEqual([]);
  await expect(snapshots.restore(id, snapshot.id, commandLine)).rejects.toMatchObject({
    code: 'not-found',
  });
  expect(await fixture.audited('server.snapshot-restored')).toHaveLength(2);
});

it('is taken by the machine while one runs, and cannot be restored then', async () => {
  const { fixture, id } = await stopped();
  const snapshot = await fixture.snapshots.create(id, 'First', commandLine);
  await fixture.servers.start(id, commandLine);
  const guest = await fixture.guest(1);
  const early = fixture.snapshots.create(id, 'Early', commandLine);
  await expect(early).rejects.toMatchObject({ code: 'change-conflict' });
  guest.boot();
  const { id: second } = await fixture.snapshots.create(id, 'Second', commandLine);
  expect(guest.snapshots).toEqual([fixture.files.snapshot(second)]);
  const restoring = fixture.snapshots.restore(id, snapshot.id, commandLine);
  await expect(restoring).rejects.toMatchObject({ code: 'change-conflict' });
  const behind = fixture.behind.snapshots.create(id, 'Third', commandLine);
  await expect(behind).rejects.toMatchObject({ code: 'change-conflict' });
});

it('there is none of a server that never ran, or that is not there', async () => {
  const fixture = await startServers();
  const { id } = await fixture.add({ autostart: false });
  const early = fixture.snapshots.create(id, 'Early', commandLine);
  await expect(early).rejects.toMatchObject({ code: 'change-conflict' });
  expect((await fixture.view(id)).snapshots).toEqual([]);
  const lost = fixture.snapshots.create('0b7f6f0a-0000-4000-8000-000000000000', 'x', commandLine);
  await expect(lost).rejects.toMatchObject({ code: 'not-found' });
});

it('a start waits until the disk is as it is to be', async () => {
  const { fixture, id } = await stopped();
  const copied = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const working = fixture.supervisor.withDisk(id, () => {
    begun.resolve();
    return copied.promise;
  });
  await begun.promise;
  await fixture.servers.start(id, commandLine);
  expect(await fixture.state(id)).toBe('starting');
  expect(fixture.guests.all).toEqual([]);
  copied.resolve();
  await working;
  await fixture.guest(1);
});

it('work on the disk is told of a machine that was about to start', async () => {
  const { fixture, id } = await stopped();
  const starting = fixture.servers.start(id, commandLine);
  const snapshot = fixture.snapshots.create(id, 'Early', commandLine);
  await expect(snapshot).rejects.toMatchObject({ code: 'change-conflict' });
  await starting;
});

it('is not taken while something else works on the disk, and nothing starts on it meanwhile', async () => {
  const { fixture, id } = await stopped();
  const held = fixture.files.hold(id);
  const conflict = { code: 'change-conflict' };
  const behind = () => fixture.behind.snapshots.create(id, 'Behind', commandLine);
  await expect(behind()).rejects.toMatchObject(conflict);
  await expect(fixture.snapshots.create(id, 'Here', commandLine)).rejects.toMatchObject(conflict);
  await fixture.servers.start(id, commandLine);
  await fixture.reaches(id, 'failed');
  expect(fixture.guests.all).toEqual([]);
  expect((await fixture.view(id)).problem).toContain('works on its disk');
  held.dispose();
  fixture.clock.pass(1_000);
  (await fixture.guest(1)).boot();
  await fixture.reaches(id, 'running');
});
