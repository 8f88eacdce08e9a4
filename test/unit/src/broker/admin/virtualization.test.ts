import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Admin, openAdmin } from '../../../../../src/broker/admin.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';
import { storeImage } from '../../desktops/images/manifests.ts';

let admin: Admin;
let dataDir: string;
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'admin-'));
  admin = await openAdmin({ dataDir, cacheDir: dataDir, clock: new FakeClock() });
  for (const imageVersion of [1, 2]) {
    await storeImage(join(dataDir, 'images'), { name: 'mail', imageVersion });
  }
});
afterEach(async () => {
  await admin.close();
  rmSync(dataDir, { recursive: true });
});

const invalid = (detail: string) => ({
  code: 'command-invalid',
  detail: expect.stringContaining(detail),
});
const conflict = { code: 'change-conflict' };

describe('virtual servers on the command line', () => {
  it('are added, changed, told to start and stop, and removed, by their names', async () => {
    const { id } = await admin.addServer({ name: 'Mail', image: 'mail', autostart: false });
    await admin.changeServer({ server: 'Mail', name: 'Post', memoryMb: 512 });
    expect(await admin.listServers()).toMatchObject([
      { id, name: 'Post', imageVersion: 2, memoryMb: 512, cpus: 1, wanted: 'stopped' },
    ]);
    expect((await admin.startServer('Post')).wanted).toBe('running');
    await expect(admin.removeServer(id)).rejects.toMatchObject(conflict);
    expect((await admin.stopServer(id)).wanted).toBe('stopped');
    expect(await admin.removeServer('Post')).toMatchObject({ disks: 0 });
    expect(await admin.listServers()).toEqual([]);
    const actions = (await admin.listAudit()).map(({ action }) => action);
    expect(actions).toEqual([
      'server.removed',
      'server.stopped',
      'server.started',
      'server.changed',
      'server.created',
    ]);
  });

  it('have snapshots that are called by their names', async () => {
    const { id } = await admin.addServer({ name: 'Mail', image: 'mail', autostart: false });
    await mkdir(join(dataDir, 'disks'), { recursive: true });
    await writeFile(join(dataDir, 'disks', `${id}.qcow2`), 'disk');
    const which = { server: 'Mail', snapshot: 'Before' };
    await expect(admin.restoreSnapshot(which)).rejects.toMatchObject(invalid('no snapshot'));
    await admin.addSnapshot({ server: 'Mail', name: 'Before' });
    await admin.restoreSnapshot(which);
    await admin.addSnapshot({ server: 'Mail', name: 'Before' });
    await expect(admin.removeSnapshot(which)).rejects.toMatchObject(invalid('more than one'));
    expect(await admin.removeServer('Mail')).toMatchObject({ disks: 3 });
  });

  it.each([
    ['an image that is not there', { name: 'Mail', image: 'nothing' }, { code: 'image-unknown' }],
    [
      'an engine for desktops',
      { name: 'Mail', image: 'mail', engine: 'os-level' },
      invalid('engine'),
    ],
    ['no memory', { name: 'Mail', image: 'mail', memoryMb: 1 }, invalid('memory')],
  ])('are refused with %s', async (_, server, problem) => {
    // What people type is checked, so it may be anything.
    const typed = server as Parameters<Admin['addServer']>[0];
    await expect(admin.addServer(typed)).rejects.toMatchObject(problem);
  });

  it('have names that are theirs alone', async () => {
    await admin.addServer({ name: 'Mail', image: 'mail' });
    const again = admin.addServer({ name: 'Mail', image: 'mail' });
    await expect(again).rejects.toMatchObject({ code: 'name-taken' });
    await admin.addServer({ name: 'Web', image: 'mail' });
    const renamed = admin.changeServer({ server: 'Web', name: 'Mail' });
    await expect(renamed).rejects.toMatchObject({ code: 'name-taken' });
    await expect(admin.stopServer('Nobody')).rejects.toMatchObject(invalid('Nobody'));
  });
});

describe('golden images on the command line', () => {
  it('are opened, given up and chosen among', async () => {
    expect(await admin.openMaster('mail')).toMatchObject({ basedOn: 2, running: false });
    await expect(admin.publishMaster({ image: 'mail' })).rejects.toMatchObject(conflict);
    await admin.discardMaster('mail');
    await admin.chooseImageVersion('mail', 1);
    expect((await admin.listImages())[0]?.versions).toMatchObject([
      { version: 2, current: false },
      { version: 1, current: true },
    ]);
    await admin.removeImageVersion('mail', 2);
    expect((await admin.listImages())[0]?.versions).toHaveLength(1);
  });

  it('are kept while a virtual server is on them', async () => {
    await admin.addServer({ name: 'Mail', image: 'mail', autostart: false });
    await admin.chooseImageVersion('mail', 1);
    await expect(admin.removeImageVersion('mail', 2)).rejects.toMatchObject(conflict);
  });
});

describe('the host on the command line', () => {
  it('is not known before a broker has measured it', async () => {
    await expect(admin.hostUsage()).rejects.toMatchObject(invalid('no broker'));
    expect(await admin.machines()).toEqual([]);
    expect(await admin.hostHistory({ hours: 24 })).toEqual([]);
    await expect(admin.hostHistory({ hours: 0 })).rejects.toMatchObject(invalid('hours'));
  });
});
