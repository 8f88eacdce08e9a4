import { mkdir, open, rm } from 'node:fs/promises';
import type { Accelerator } from '../contract/desktop.ts';
import type { MachineSpec } from './engine.ts';
import { freeMachine, type Stage, writeRecord } from './machine-record.ts';
import type { ProcessIdentity } from './process-table.ts';
import type { MachinePaths } from './qemu/machine-paths.ts';

/** What a machine has on the disk, and how far it has come as far as a later broker can tell. */
export class MachineFiles {
  readonly #spec: MachineSpec;
  readonly #accelerator: Accelerator | null;
  readonly #paths: MachinePaths;

  constructor(spec: MachineSpec, accelerator: Accelerator | null, paths: MachinePaths) {
    this.#spec = spec;
    this.#accelerator = accelerator;
    this.#paths = paths;
  }

  /** The record comes first: whatever is made after it, a later broker can find and free. */
  async make(): Promise<void> {
    await mkdir(this.#paths.folder, { recursive: true, mode: 0o700 });
    await this.write(null, { stage: 'beginning' });
    await this.refresh();
  }

  /** Makes what a start of the machine of this host's may have taken away. */
  async refresh(): Promise<void> {
    await mkdir(this.#paths.sockets, { recursive: true, mode: 0o700 });
    await (await open(this.#paths.consoleLog, 'a', 0o600)).close();
  }

  write(process: ProcessIdentity | null, progress: Stage): Promise<void> {
    const [spec, accelerator] = [this.#spec, this.#accelerator];
    return writeRecord(this.#paths.record, { version: 2, spec, accelerator, process, progress });
  }

  /** Removes the sockets, which lead nowhere without a process; `refresh` makes room for new ones. */
  async freeSockets(): Promise<void> {
    await rm(this.#paths.sockets, { recursive: true, force: true });
  }

  free(): Promise<void> {
    return freeMachine(this.#paths);
  }
}
