import type { Machine } from '../../desktops/engine.ts';
import { isOver } from '../../desktops/machine-state.ts';

/** Which machines have the disks that are kept: two that wrote to one would destroy it. */
export type HeldDisks = {
  /** The machine has its disk, if that is one to keep, until it is over. */
  hold(machine: Machine): void;
  /** Resolves when no machine has it. */
  free(path: string): Promise<void>;
};

export function createHeldDisks(): HeldDisks {
  const held = new Map<string, Promise<void>>();
  return {
    hold: (machine) => {
      const { disk } = machine.spec;
      if (disk.kind !== 'kept') return;
      const { path } = disk;
      const over = endOf(machine).then(() => {
        if (held.get(path) === over) held.delete(path);
      });
      held.set(path, over);
    },
    free: async (path) => held.get(path),
  };
}

function endOf(machine: Machine): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const changes = machine.onChange((state) => {
    if (!isOver(state)) return;
    changes.dispose();
    resolve();
  });
  if (isOver(machine.state)) resolve();
  return promise;
}
