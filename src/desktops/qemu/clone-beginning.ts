import { randomUUID } from 'node:crypto';
import { copyFile, open } from 'node:fs/promises';
import type { Origin } from '../../contract/host.ts';
import type { Beginning, Guest } from '../driver.ts';
import type { MachineSpec } from '../engine.ts';
import type { StoredImage } from '../images/stored-image.ts';
import type { Readiness } from '../readiness.ts';
import type { ReadyTemplate } from '../templates/template.ts';
import { introduce, macOf, newMachineId, onIdentityPort } from './identity.ts';
import type { MachinePaths } from './machine-paths.ts';
import type { QemuGuest } from './qemu-guest.ts';
import { type SpawnDeps, spawnGuest } from './spawn-guest.ts';

type Source = { image: StoredImage; template: ReadyTemplate };

/** Where QEMU finds what it is handed over. */
const memoryDescriptor = 3;
const stateDescriptor = 4;

/** Milliseconds that a clone has to take in who it is. */
const introductionMs = 10_000;

/** A machine that goes on from the memory of a template. */
export class CloneBeginning implements Beginning {
  readonly origin: Origin;
  readonly ready: Readiness;

  readonly #spec: MachineSpec;
  readonly #paths: MachinePaths;
  readonly #source: Source;
  readonly #deps: SpawnDeps;
  #guest: QemuGuest | null = null;

  /** Copies the blank disk of the template. @throws the fault of the file system */
  static async make(
    spec: MachineSpec,
    paths: MachinePaths,
    source: Source,
    deps: SpawnDeps,
  ): Promise<CloneBeginning> {
    await copyFile(source.template.blankOverlay, paths.disk);
    return new CloneBeginning(spec, paths, source, deps);
  }

  private constructor(spec: MachineSpec, paths: MachinePaths, source: Source, deps: SpawnDeps) {
    this.origin = { kind: 'clone', template: source.template.id };
    this.ready = source.image.manifest.ready;
    this.#spec = spec;
    this.#paths = paths;
    this.#source = source;
    this.#deps = deps;
  }

  readonly spawn = async (): Promise<Guest> => {
    const { image, template } = this.#source;
    const state = await open(template.stateFile, 'r');
    try {
      this.#guest = await spawnGuest(
        this.#spec,
        this.#paths,
        {
          image,
          memory: { kind: 'mapped', descriptor: memoryDescriptor },
          incoming: true,
          readable: template.readFiles,
          descriptors: [template.memory, state.fd],
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
    const { id, hostname, network } = this.#spec;
    const identity = {
      hostname,
      machineId: newMachineId(randomUUID()),
      mac: network.kind === 'none' ? null : macOf(id),
    };
    const { clock } = this.#deps;
    await onIdentityPort(this.#paths.identity, async (port) => {
      await guest.load(stateDescriptor, true);
      const limits = { clock, signal, timeoutMs: introductionMs };
      await introduce(port, identity, () => guest.goOn(), limits);
    });
  };
}
