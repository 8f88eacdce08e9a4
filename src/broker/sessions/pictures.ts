import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Machine } from '../../desktops/engine.ts';

export type Pictures = {
  /** PNG of the machine's screen, up to two seconds old. @throws session-not-ready, guest-failed */
  of(machine: Machine): Promise<Buffer>;
};

const freshForMs = 2_000;

/** A screendump costs the guest's host some milliseconds; many who look share one. */
export function createPictures(clock: Clock): Pictures {
  const taken = new WeakMap<Machine, { at: number; picture: Promise<Buffer> }>();
  return {
    of: async (machine) => {
      if (machine.state.kind !== 'running') throw new CodedError('session-not-ready');
      const last = taken.get(machine);
      if (last !== undefined && clock.now() - last.at < freshForMs) return last.picture;
      const picture = machine.picture();
      taken.set(machine, { at: clock.now(), picture });
      // A failure is told to those who wait for it, and not kept for those who come later.
      picture.catch(() => taken.delete(machine));
      return picture;
    },
  };
}
