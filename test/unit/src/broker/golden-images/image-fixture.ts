import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createAuditLog } from '../../../../../src/broker/audit/audit-log.ts';
import { createDiskFiles } from '../../../../../src/broker/disks/disk-files.ts';
import { createGoldenImages } from '../../../../../src/broker/golden-images/golden-images.ts';
import { mastersOfTheBroker } from '../../../../../src/broker/golden-images/master-control.ts';
import { createMasters } from '../../../../../src/broker/golden-images/masters.ts';
import { createMachineRows } from '../../../../../src/broker/host-figures/machine-rows.ts';
import { openStore } from '../../../../../src/broker/store/store.ts';
import type { AuditAction } from '../../../../../src/contract/audit.ts';
import { ImageLibrary } from '../../../../../src/desktops/images/library.ts';
import type { RunTool } from '../../../../../src/desktops/images/tools.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';
import { FakeGuests } from '../../../../fakes/fake-guest.ts';
import { storePlace } from '../../../../fakes/store-place.ts';
import { qcow2Header } from '../../desktops/images/disks.ts';
import { storeImage } from '../../desktops/images/manifests.ts';

/** Stands in for qemu-img: writes the disk that it is asked for. */
const convert: RunTool = async (_, args) => {
  await writeFile(String(args.at(-1)), 'flattened');
  return '';
};

/** A store and images of their own with what looks after both, gone when the test is over. */
export async function startGoldenImages() {
  const dataDir = mkdtempSync(join(tmpdir(), 'golden-images-'));
  const clock = new FakeClock();
  const store = await openStore(await storePlace(dataDir));
  const { db } = store;
  const root = join(dataDir, 'images');
  const library = new ImageLibrary({ root, run: convert, now: () => clock.now() });
  const parent = await storeImage(root, { name: 'desktop', kind: 'built' });
  const audit = createAuditLog({ db, clock });
  const files = createDiskFiles(dataDir);
  const machines = createMachineRows({ db, clock });
  const guests = new FakeGuests();
  const faults: unknown[] = [];
  const onFault = (error: unknown) => void faults.push(error);
  const startMasters = () =>
    createMasters({ db, host: guests, images: library, machines, files, onFault });
  const masters = startMasters();
  const removed: string[] = [];
  const onVersionRemoved = () => void removed.push('version');
  const shared = { db, clock, audit, library, files, onVersionRemoved };
  onTestFinished(async () => {
    await masters.close('leave');
    await store.close();
    rmSync(dataDir, { recursive: true });
  });
  return {
    db,
    files,
    library,
    root,
    parent,
    machines,
    guests,
    masters,
    startMasters,
    faults,
    removed,
    images: createGoldenImages({ ...shared, control: masters }),
    /** The same, as the command line has them. */
    behind: createGoldenImages({ ...shared, control: mastersOfTheBroker({ db, files }) }),
    audited: async (action: AuditAction) => audit.list({ action, limit: 100 }),
    /** What a guest would have written. */
    async change(masterId: string): Promise<void> {
      await files.prepare();
      await writeFile(files.disk(masterId), qcow2Header({ backingOffset: 104n }));
    },
    async current(): Promise<number> {
      return (await library.find('desktop')).manifest.imageVersion;
    },
  };
}
