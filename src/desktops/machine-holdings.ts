import type { Accountant } from './accounting/accountant.ts';
import type { Limits, LimitsOfMachine } from './accounting/limits.ts';
import type { Confinement } from './confinement/confinement.ts';
import type { MachineSpec } from './engine.ts';
import type { Networks } from './network/networks.ts';
import type { ProcessIdentity } from './process-table.ts';
import type { MachinePaths } from './qemu/machine-paths.ts';

export type HoldingsDeps = {
  accountant: Accountant;
  limits: Limits;
  networks: Networks;
  confinement: Confinement;
};

/** What a machine has of the host beside its process, its files and its sockets. */
export class Holdings {
  readonly #spec: MachineSpec;
  readonly #paths: MachinePaths;
  readonly #deps: HoldingsDeps;

  constructor(spec: MachineSpec, paths: MachinePaths, deps: HoldingsDeps) {
    this.#spec = spec;
    this.#paths = paths;
    this.#deps = deps;
  }

  /** Takes the room that it may come to need, in place of what it had taken. @throws host-full */
  admit(charge: { isClone: boolean }): void {
    this.#admit(charge, false);
  }

  /** Opens its way out, at the same place each time. */
  async openNetwork(): Promise<void> {
    const { id, network } = this.#spec;
    await this.#deps.networks.open(id, network, this.#paths.proxy);
  }

  /** Measures and limits its processes. */
  async attach(process: ProcessIdentity): Promise<void> {
    const { id, disk } = this.#spec;
    const files = [this.#paths.folder, ...(disk.kind === 'kept' ? [disk.path] : [])];
    this.#deps.accountant.watch({ id, process, files });
    await this.#deps.limits.apply(id, process, limitsOf(this.#spec));
  }

  /** Takes up what a machine of an earlier broker has: its room is taken already. */
  async takeUp(process: ProcessIdentity, charge: { isClone: boolean }): Promise<void> {
    this.#admit(charge, true);
    await this.openNetwork();
    await this.attach(process);
  }

  /** Leaves it to the next broker: what limits its processes stays. */
  async leave(): Promise<void> {
    const { id } = this.#spec;
    this.#deps.accountant.unwatch(id);
    this.#deps.accountant.release(id);
    await this.#deps.networks.close(id);
  }

  /** Lets go of what belongs to its processes, which are gone. */
  async detach(): Promise<void> {
    await this.leave();
    await this.#deps.limits.release(this.#spec.id);
  }

  /** Lets go of all. */
  async release(): Promise<void> {
    await this.detach();
    await this.#deps.confinement.release(this.#spec.id);
  }

  #admit({ isClone }: { isClone: boolean }, isRunning: boolean): void {
    const { id, engine, memoryMb, cpus } = this.#spec;
    this.#deps.accountant.admit({ id, engine, memoryMb, cpus, isClone }, { isRunning });
  }
}

const mebibyte = 1024 ** 2;
/** What QEMU needs beside the guest's memory: its screen, translated code, buffers. */
const qemuOverheadMb = 512;
/** Threads count. QEMU starts up to 64 for its disks, and one for each processor. */
const qemuThreads = 256;
const osLevelProcesses = 512;

/** Pure. */
export function limitsOf({ engine, memoryMb, cpus, cpuWeight }: MachineSpec): LimitsOfMachine {
  const [overheadMb, processes] =
    engine === 'os-level' ? [0, osLevelProcesses] : [qemuOverheadMb, qemuThreads + cpus];
  return { cpuWeight, cpus, memoryBytes: (memoryMb + overheadMb) * mebibyte, processes };
}

/** Whether it is a clone, unless no template fits. */
export function mayBeClone({ clone, disk, engine }: MachineSpec): boolean {
  return clone && disk.kind === 'fresh' && engine !== 'os-level';
}
