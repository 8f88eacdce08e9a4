import { createDesktops, type Desktops } from '../../src/broker/desktops.ts';
import { createDiskFiles } from '../../src/broker/disks/disk-files.ts';
import { createMachineRows } from '../../src/broker/host-figures/machine-rows.ts';
import { createPoolMachines } from '../../src/broker/pools/pool-machines.ts';
import { createPoolSupply } from '../../src/broker/pools/pool-supply.ts';
import type { Database } from '../../src/broker/store/store.ts';
import type { Clock } from '../../src/contract/clock.ts';
import { CodedError } from '../../src/contract/errors.ts';
import { FakeHost } from './fake-host.ts';

/** What users may open of the pools in a store, for tests that only look. */
export function poolDesktops({ db, clock }: { db: Database; clock: Clock }): Desktops {
  const machines = createMachineRows({ db, clock });
  const find = async (name: string) => {
    throw new CodedError('image-unknown', { detail: name });
  };
  const onFault = (error: unknown) => {
    throw error;
  };
  const poolMachines = createPoolMachines({
    db,
    host: new FakeHost(),
    images: { find },
    machines,
    onFault,
  });
  const files = createDiskFiles('/nowhere');
  const spares = { take: () => null, makeRoom: async () => false };
  const supply = createPoolSupply({ db, clock, files, machines, poolMachines, spares });
  return createDesktops({ db, supplies: [supply] });
}
