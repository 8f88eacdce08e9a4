import { randomUUID } from 'node:crypto';
import type { Host, Machine, MachineSpec } from '../../desktops/engine.ts';
import type { ImageLibrary } from '../../desktops/images/library.ts';
import { isOver } from '../../desktops/machine-state.ts';
import type { MachineImage, MachineOwner, MachineRows } from '../host-figures/machine-rows.ts';
import type { Database } from '../store/store.ts';
import { noteKeptDiskMade } from './kept-disks.ts';
import { machineSpec, type PoolRow } from './pool-rows.ts';

/** Starts machines for pools, each written down before it is made. */
export type PoolMachines = {
  /** The version of the image that new desktops of the pool begin with. @throws image-unknown, image-damaged */
  imageOf(pool: PoolRow): Promise<MachineImage>;
  /** @throws host-full */
  start(
    pool: PoolRow,
    owner: MachineOwner,
    image: MachineImage,
    disk: MachineSpec['disk'],
  ): Promise<Machine>;
  /** Writes down what becomes of a machine that an earlier broker started, too. */
  follow(machine: Machine): void;
  /** Gives a spare to a session. */
  handOver(machine: Machine, owner: MachineOwner): Promise<void>;
  /** Waits until all is written down. */
  settled(): Promise<void>;
};

type Deps = {
  db: Database;
  host: Pick<Host, 'start'>;
  images: Pick<ImageLibrary, 'find'>;
  machines: MachineRows;
  onFault(error: unknown): void;
};

export function createPoolMachines(deps: Deps): PoolMachines {
  const { db, host, images, machines, onFault } = deps;
  /** The last write begun; each waits for the one before. */
  let written: Promise<void> = Promise.resolve();

  function follow(machine: Machine): void {
    const write = (action: () => Promise<void>) => {
      written = written.then(action).catch(onFault);
    };
    const save = () => {
      write(() => machines.save(machine));
      const { state, spec } = machine;
      if (state.kind === 'running' && spec.disk.kind === 'kept') {
        write(() => noteKeptDiskMade(db, spec.id));
      }
    };
    const changes = machine.onChange((state) => {
      save();
      if (isOver(state)) changes.dispose();
    });
    save();
  }

  return {
    imageOf: async ({ image }) => {
      const { manifest } = await images.find(image);
      return { image_id: manifest.id, image_version: manifest.imageVersion };
    },
    start: async (pool, owner, image, disk) => {
      const spec = machineSpec(pool, { id: randomUUID(), imageId: image.image_id, disk });
      await machines.claim(spec, owner, image);
      try {
        const machine = host.start(spec);
        follow(machine);
        return machine;
      } catch (error) {
        await machines.remove(spec.id);
        throw error;
      }
    },
    follow,
    handOver: (machine, owner) => machines.handOver(machine.spec.id, owner),
    settled: () => written,
  };
}
