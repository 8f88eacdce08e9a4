import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { commandLine } from '../../../../../src/broker/audit/actor.ts';
import { createDiskFiles, type DiskFiles } from '../../../../../src/broker/disks/disk-files.ts';
import { sweepDisks } from '../../../../../src/broker/disks/disk-sweep.ts';
import { noteRemoved } from '../../../../../src/broker/disks/removed-disks.ts';
import { claimKeptDisk } from '../../../../../src/broker/pools/kept-disks.ts';
import { createTidying } from '../../../../../src/broker/tidying.ts';
import { FakeHost } from '../../../../fakes/fake-host.ts';
import {
  type ScratchAdministration,
  startAdministration,
} from '../../../../fakes/scratch-administration.ts';
import { until } from '../../../../fakes/until.ts';
import { machineSpec } from '../../desktops/machine-spec.ts';

const hourMs = 60 * 60_000;
const id = '0b7f6f0a-0000-4000-8000-000000000000';

let scratch: ScratchAdministration;
let files: DiskFiles;
let host: FakeHost;
beforeEach(async () => {
  scratch = await startAdministration();
  files = createDiskFiles(scratch.dataDir);
  host = new FakeHost();
  await files.prepare();
});
afterEach(() => scratch.end());

const sweep = () => sweepDisks({ ...scratch, files, host });
const noted = async () =>
  (await scratch.db.selectFrom('removed_disks').selectAll().execute()).length;

it('a disk that was made anew after its user was removed goes', async () => {
  const ada = await scratch.addUser('ada');
  const pool = await scratch.addPool('Office');
  const owner = { pool_id: pool.id, user_id: ada.id };
  const disk = await claimKeptDisk(scratch, owner, { image_id: 'image', image_version: 1 });
  const file = files.disk(disk.id);
  writeFileSync(file, 'before');
  await scratch.users.remove(ada.id, commandLine);
  expect(existsSync(file)).toBe(false);
  writeFileSync(file, 'a start that was under way');
  await sweep();
  expect(existsSync(file)).toBe(false);
  expect(await noted()).toBe(1);
  scratch.clock.pass(hourMs);
  await sweep();
  expect(await noted()).toBe(0);
});

it('one that a machine has stays until that is over', async () => {
  const file = files.disk(id);
  writeFileSync(file, 'in use');
  await noteRemoved(scratch.db, [{ id, kind: 'disk' }], scratch.clock.now());
  const machine = host.start({ ...machineSpec(), disk: { kind: 'kept', path: file } });
  scratch.clock.pass(2 * hourMs);
  await sweep();
  expect(existsSync(file)).toBe(true);
  await machine.stop('asked');
  await sweep();
  expect(existsSync(file)).toBe(false);
  expect(await noted()).toBe(0);
});

it('a snapshot goes, and so does what a copy left long ago; what no row names stays', async () => {
  const [snapshot, unknown] = [files.snapshot(id), files.disk(id)];
  const drafts = ['draft', 'new'].map((end) => `${files.snapshot('old')}.${end}`);
  const fresh = `${files.disk('fresh')}.draft`;
  for (const file of [snapshot, unknown, fresh, ...drafts]) writeFileSync(file, '');
  for (const file of [unknown, ...drafts]) utimesSync(file, 0, 0);
  utimesSync(fresh, scratch.clock.now() / 1000, scratch.clock.now() / 1000);
  await noteRemoved(scratch.db, [{ id, kind: 'snapshot' }], scratch.clock.now());
  await sweep();
  expect([snapshot, ...drafts].filter(existsSync)).toEqual([]);
  expect([unknown, fresh].filter(existsSync)).toHaveLength(2);
});

it('is done when the broker begins and every hour, and templates are pruned with it', async () => {
  const faults: unknown[] = [];
  const onFault = (error: unknown) => void faults.push(error);
  const tidying = createTidying({ ...scratch, files, host, onFault });
  tidying.begin();
  await until('templates are pruned', () => host.prunings === 1);
  await noteRemoved(scratch.db, [{ id, kind: 'disk' }], scratch.clock.now());
  writeFileSync(files.disk(id), 'left');
  scratch.clock.pass(hourMs);
  await until('the disk is gone', () => !existsSync(files.disk(id)));
  await until('templates are pruned', () => host.prunings === 2);
  tidying.pruneTemplates();
  await tidying.dispose();
  expect(host.prunings).toBe(3);
  scratch.clock.pass(hourMs);
  expect(host.prunings).toBe(3);
  expect(faults).toEqual([]);
});
