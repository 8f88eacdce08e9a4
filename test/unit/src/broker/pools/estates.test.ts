import { existsSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandLine } from '../../../../../src/broker/audit/actor.ts';
import { createDiskFiles, type DiskFiles } from '../../../../../src/broker/disks/disk-files.ts';
import { createEstates, type Estates } from '../../../../../src/broker/pools/estates.ts';
import { claimKeptDisk } from '../../../../../src/broker/pools/kept-disks.ts';
import {
  type ScratchAdministration,
  startAdministration,
} from '../../../../fakes/scratch-administration.ts';

const MiB = 1024 ** 2;

let scratch: ScratchAdministration;
let files: DiskFiles;
let estates: Estates;
beforeEach(async () => {
  scratch = await startAdministration();
  files = createDiskFiles(scratch.dataDir);
  estates = createEstates({ files, clock: scratch.clock });
  await files.prepare();
});
afterEach(() => scratch.end());

type Named = { id: string; name: string };
type User = { id: string; username: string };

/** A desktop that runs, with what it takes as last measured; nothing where it never was. */
async function desktop(user: User, pool: Named, taken?: { pss: number; disk: number }) {
  const id = await scratch.session(user, pool);
  const usage = taken && {
    cpuSeconds: 1,
    cpus: 0,
    pssBytes: taken.pss * MiB,
    privateBytes: taken.pss * MiB,
    diskBytes: taken.disk * MiB,
    receivedBytes: 0,
    sentBytes: 0,
  };
  await scratch.db
    .insertInto('machines')
    .values({
      id,
      purpose: 'session',
      belongs_to: pool.id,
      belongs_to_name: pool.name,
      user_id: user.id,
      engine: 'para',
      image_id: 'image',
      image_version: 1,
      memory_mb: 256,
      cpus: 1,
      state: 'running',
      origin: null,
      started_at: 1,
      usage: usage === undefined ? null : JSON.stringify(usage),
    })
    .execute();
  return id;
}

/** A disk that is kept, with so much written to it; gives its file and what that takes. */
async function disk(user: User, pool: Named, mib: number) {
  const owner = { pool_id: pool.id, user_id: user.id };
  const { id } = await claimKeptDisk(scratch, owner, { image_id: 'image', image_version: 1 });
  const file = files.disk(id);
  writeFileSync(file, Buffer.alloc(mib * MiB, 1));
  return { id, file, bytes: statSync(file).blocks * 512 };
}

async function persistentPool(name: string): Promise<Named> {
  const { id } = await scratch.addPool(name);
  return scratch.pools.change(id, { persistence: 'persistent' }, commandLine);
}

const nothing = { sessions: 0, disks: 0, diskBytes: 0, memoryBytes: 0 };

describe('what a user leaves', () => {
  it('is the memory of their desktops, and what is on disk of those', async () => {
    const [ada, bob] = [await scratch.addUser('ada'), await scratch.addUser('bob')];
    const [office, study] = [await scratch.addPool('Office'), await scratch.addPool('Study')];
    await desktop(ada, office, { pss: 48, disk: 2 });
    await desktop(ada, study, { pss: 100, disk: 3 });
    await desktop(bob, office, { pss: 1_000, disk: 1_000 });
    expect(await estates.ofUser(scratch.db, ada.id)).toEqual({
      diskIds: [],
      freed: { sessions: 2, disks: 0, diskBytes: 5 * MiB, memoryBytes: 148 * MiB },
    });
  });

  it('is a disk that is kept once, whether a desktop runs on it or not', async () => {
    const ada = await scratch.addUser('ada');
    const office = await persistentPool('Office');
    const { id, bytes } = await disk(ada, office, 1);
    const asleep = { diskIds: [id], freed: { ...nothing, disks: 1, diskBytes: bytes } };
    expect(await estates.ofUser(scratch.db, ada.id)).toEqual(asleep);
    await desktop(ada, office, { pss: 48, disk: 1 });
    expect(await estates.ofUser(scratch.db, ada.id)).toEqual({
      diskIds: [id],
      freed: { sessions: 1, disks: 1, diskBytes: bytes, memoryBytes: 48 * MiB },
    });
  });

  it('counts desktops that are suspended or were never measured, and none that are over', async () => {
    const ada = await scratch.addUser('ada');
    const [office, study] = [await scratch.addPool('Office'), await scratch.addPool('Study')];
    const suspended = await desktop(ada, office, { pss: 0, disk: 60 });
    const { db } = scratch;
    const asleep = db.updateTable('sessions').set({ state: 'suspended' });
    await asleep.where('id', '=', suspended).execute();
    await desktop(ada, study);
    await scratch.session(ada, office, { endedAt: 2 });
    const { freed } = await estates.ofUser(db, ada.id);
    expect(freed).toEqual({ sessions: 2, disks: 0, diskBytes: 60 * MiB, memoryBytes: 0 });
  });
});

describe('what a pool leaves', () => {
  it('is what all its users have in it, and nothing of another pool', async () => {
    const [ada, bob] = [await scratch.addUser('ada'), await scratch.addUser('bob')];
    const [office, study] = [await persistentPool('Office'), await persistentPool('Study')];
    const disks = [await disk(ada, office, 1), await disk(bob, office, 2)];
    await disk(ada, study, 4);
    await desktop(ada, office, { pss: 48, disk: 1 });
    await desktop(ada, study, { pss: 1_000, disk: 1_000 });
    const { diskIds, freed } = await estates.ofPool(scratch.db, office.id);
    expect(new Set(diskIds)).toEqual(new Set(disks.map(({ id }) => id)));
    const diskBytes = disks.reduce((total, { bytes }) => total + bytes, 0);
    expect(freed).toEqual({ sessions: 1, disks: 2, diskBytes, memoryBytes: 48 * MiB });
  });
});

describe('an estate', () => {
  it('goes from the store first and from the disk then, and nothing else with it', async () => {
    const [ada, bob] = [await scratch.addUser('ada'), await scratch.addUser('bob')];
    const office = await persistentPool('Office');
    const [mine, others] = [await disk(ada, office, 1), await disk(bob, office, 1)];
    const estate = await estates.ofDisk(scratch.db, mine.id);
    expect(estate.freed).toEqual({ ...nothing, disks: 1, diskBytes: mine.bytes });
    await scratch.db.transaction().execute((transaction) => estates.giveUp(transaction, estate));
    const rows = await scratch.db.selectFrom('kept_disks').select('id').execute();
    expect(rows).toEqual([{ id: others.id }]);
    expect(existsSync(mine.file)).toBe(true);
    await estates.destroy(estate);
    expect([mine, others].map(({ file }) => existsSync(file))).toEqual([false, true]);
  });

  it('of nobody, or of a disk that was never written to, frees nothing', async () => {
    expect(await estates.ofUser(scratch.db, crypto.randomUUID())).toEqual({
      diskIds: [],
      freed: nothing,
    });
    const ada = await scratch.addUser('ada');
    const office = await persistentPool('Office');
    const { id } = await claimKeptDisk(
      scratch,
      { pool_id: office.id, user_id: ada.id },
      { image_id: 'image', image_version: 1 },
    );
    const estate = await estates.ofDisk(scratch.db, id);
    expect(estate.freed).toEqual({ ...nothing, disks: 1 });
    await estates.destroy(estate);
  });
});
