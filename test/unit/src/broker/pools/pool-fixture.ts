import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createDiskFiles } from '../../../../../src/broker/disks/disk-files.ts';
import { createMachineRows } from '../../../../../src/broker/host-figures/machine-rows.ts';
import { createPoolMachines } from '../../../../../src/broker/pools/pool-machines.ts';
import { type PoolFields, rowOfFields } from '../../../../../src/broker/pools/pool-rows.ts';
import { openStore } from '../../../../../src/broker/store/store.ts';
import { usualSessionPolicy } from '../../../../../src/contract/session-policy.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';
import { FakeHost } from '../../../../fakes/fake-host.ts';
import { addScratchImage, scratchImages } from '../../../../fakes/scratch-images.ts';
import { storePlace } from '../../../../fakes/store-place.ts';

const usual: PoolFields = {
  name: 'Office',
  description: '',
  image: 'porthole',
  engine: 'para',
  memoryMb: 256,
  cpus: 1,
  cpuWeight: 100,
  network: { kind: 'none' },
  persistence: 'non-persistent',
  spares: 0,
  instantClones: true,
  suspendAfterMinutes: null,
  homeMb: 256,
  policy: usualSessionPolicy,
};

/** A store, a library of images and a host for the parts of pools; gone at the end of the test. */
export async function startPools() {
  const folder = mkdtempSync(join(tmpdir(), 'pools-'));
  const clock = new FakeClock();
  const { db, close } = await openStore(await storePlace(folder));
  const host = new FakeHost();
  const faults: unknown[] = [];
  const onFault = (error: unknown) => void faults.push(error);
  const images = scratchImages(folder, clock);
  const machines = createMachineRows({ db, clock });
  const poolMachines = createPoolMachines({ db, host, images, machines, onFault });
  onTestFinished(async () => {
    await poolMachines.settled();
    await close();
    rmSync(folder, { recursive: true });
  });
  return {
    clock,
    db,
    host,
    faults,
    onFault,
    images,
    machines,
    poolMachines,
    files: createDiskFiles(folder),

    async add(fields: Partial<PoolFields> = {}): Promise<string> {
      const id = randomUUID();
      const row = { id, ...rowOfFields({ ...usual, ...fields }) };
      await db.insertInto('pools').values(row).execute();
      return id;
    },

    /** Makes a version of the image of all pools that is newer than those before. */
    publish: () => addScratchImage(folder, 'porthole', 2),

    /** Id of the version of the image that is current now. */
    imageId: async () => (await images.find('porthole')).manifest.id,
  };
}
