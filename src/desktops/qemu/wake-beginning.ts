import { open, rm } from 'node:fs/promises';
import type { Origin } from '../../contract/host.ts';
import type { Beginning, Guest } from '../driver.ts';
import type { MachineSpec } from '../engine.ts';
import type { StoredImage } from '../images/stored-image.ts';
import type { Readiness } from '../readiness.ts';
import type { ReadyTemplate } from '../templates/template.ts';
import type { MachinePaths } from './machine-paths.ts';
import type { QemuGuest } from './qemu-guest.ts';
import { type SpawnDeps, spawnGuest } from './spawn-guest.ts';

type Source = {
  image: StoredImage;
  origin: Origin;
  /** What it was cloned from, where that is still held in memory. */
  template: ReadyTemplate | null;
  /** What it reads beside its own files. */
  readable: readonly string[];
};

/** A machine that goes on from its own saved state. */
export class WakeBeginning implements Beginning {
  readonly origin: Origin;
  readonly ready: Readiness;

  readonly #spec: MachineSpec;
  readonly #paths: MachinePaths;
  readonly #source: Source;
  readonly #deps: SpawnDeps;
  #guest: QemuGuest | null = null;

  constructor(spec: MachineSpec, paths: MachinePaths, source: Source, deps: SpawnDeps) {
    this.origin = source.origin;
    this.ready = source.image.manifest.ready;
    this.#spec = spec;
    this.#paths = paths;
    this.#source = source;
    this.#deps = deps;
  }

  readonly spawn = async (): Promise<Guest> => {
    const { image, origin, template, readable } = this.#source;
    const state = await open(this.#paths.savedState, 'r');
    try {
      this.#guest = await spawnGuest(
        this.#spec,
        this.#paths,
        {
          image,
          memory:
            template === null
              ? { kind: 'anonymous', balloon: origin.kind === 'boot' }
              : { kind: 'mapped', descriptor: 4 },
          incoming: true,
          readable,
          descriptors: [state.fd, ...(template === null ? [] : [template.memory])],
        },
        this.#deps,
      );
      return this.#guest;
    } finally {
      await state.close();
    }
  };

  readonly restore = async (signal: AbortSignal): Promise<void> => {
    const guest = this.#guest;
    if (guest === null) throw new Error('nothing to restore before the process is there');
    await guest.load(3, false);
    // From here on its disk changes, and the state that was saved fits no more.
    await rm(this.#paths.savedState);
    await guest.awaken(signal);
  };
}
