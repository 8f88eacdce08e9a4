import { chmod, mkdir } from 'node:fs/promises';
import { type Clock, systemClock } from '../contract/clock.ts';
import type { Accelerator, Engine } from '../contract/desktop.ts';
import type { Disposable } from '../contract/disposable.ts';
import { CodedError } from '../contract/errors.ts';
import type { HostUsage } from '../contract/host.ts';
import type { KeyboardLayout } from '../contract/keyboard.ts';
import { judge } from './adoption.ts';
import type { Driver } from './driver.ts';
import type { Adoption, Host, Machine, MachineSpec } from './engine.ts';
import { lockHost } from './host-lock.ts';
import type { ImageSource } from './image-source.ts';
import { findLeftovers, type Leftover } from './leftovers.ts';
import type { Log } from './log.ts';
import { pruneLogs } from './log-keeping.ts';
import { GuestMachine, type MachineDeps } from './machine.ts';
import type { HoldingsDeps } from './machine-holdings.ts';
import { freeMachine } from './machine-record.ts';
import { isOver } from './machine-state.ts';
import { type ProcessTable, procTable } from './process-table.ts';
import { QemuDriver } from './qemu/driver.ts';
import {
  fitsSockets,
  type HostFolders,
  machinePaths,
  machinesFolder,
} from './qemu/machine-paths.ts';
import { adoptQemu, endQemu } from './qemu/process.ts';
import type { TemplateKind, TemplateState, Templates } from './templates/template.ts';
import { lifeTurns } from './turns.ts';

/** What is passed in stays its owner's, to be disposed of after the host. */
export type HostOptions = HostFolders &
  HoldingsDeps & {
    // Machines are kept in `machines/` below dataDir; one host at a time may use it. runtimeDir, for
    // sockets, is on a local file system, and short.
    images: ImageSource;
    /** Path or name of QEMU. */
    qemu: string;
    /** How QEMU executes guest code. */
    accelerator: Accelerator;
    /** What guests that are told of it begin with. */
    keyboard: KeyboardLayout;
    templates: Templates;
    /** Null where operating systems can't be virtualized. */
    osLevel: Driver | null;
    log: Log;
    /** Milliseconds that a guest has to get ready in; default 60 000. */
    bootTimeoutMs?: number;
    clock?: Clock;
    processes?: ProcessTable;
  };

/**
 * Opens the host. Call `adopt` before the first `start`.
 * @throws broker-running when another process has this data folder; config-invalid when the path of
 *   the runtime folder is too long for sockets.
 */
export async function createHost(options: HostOptions): Promise<Host> {
  const { dataDir, runtimeDir, clock = systemClock, processes = procTable() } = options;
  if (!fitsSockets(runtimeDir)) {
    throw new CodedError('config-invalid', { detail: `runtimeDir is too long: ${runtimeDir}` });
  }
  await mkdir(machinesFolder(dataDir), { recursive: true, mode: 0o700 });
  await mkdir(runtimeDir, { recursive: true, mode: 0o700 });
  await chmod(runtimeDir, 0o700);
  const deps = {
    ...options,
    clock,
    processes,
    bootTimeoutMs: options.bootTimeoutMs ?? 60_000,
    turns: lifeTurns(),
  };
  const drivers = { qemu: new QemuDriver(deps), osLevel: options.osLevel };
  return new GuestHost(lockHost(dataDir), { ...deps, drivers });
}

type HostDeps = Omit<MachineDeps, 'driver'> & {
  drivers: { qemu: Driver; osLevel: Driver | null };
  templates: Templates;
  processes: ProcessTable;
};

class GuestHost implements Host {
  readonly #lock: Disposable;
  readonly #deps: HostDeps;
  readonly #machines = new Map<string, GuestMachine>();

  constructor(lock: Disposable, deps: HostDeps) {
    this.#lock = lock;
    this.#deps = deps;
  }

  start(spec: MachineSpec): Machine {
    if (this.#machines.has(spec.id)) throw new Error(`machine ${spec.id} exists already`);
    return this.#keep(GuestMachine.start(spec, this.#depsFor(spec)));
  }

  find(id: string): Machine | null {
    return this.#machines.get(id) ?? null;
  }

  machines(): readonly Machine[] {
    return [...this.#machines.values()];
  }

  usage(): HostUsage {
    return this.#deps.accountant.host();
  }

  async prepareTemplate(kind: TemplateKind): Promise<TemplateState> {
    const { templates, accountant } = this.#deps;
    const state = await templates.state(kind);
    if (state.kind === 'ready') return state;
    // It is booted once, as one more machine for as long as that takes.
    const charge = { id: `template ${crypto.randomUUID()}`, ...kind, isClone: false };
    accountant.admit(charge);
    try {
      return await templates.prepare(kind);
    } finally {
      accountant.release(charge.id);
    }
  }

  pruneTemplates(): Promise<void> {
    return this.#deps.templates.prune();
  }

  async adopt(claimed: ReadonlySet<string>): Promise<Adoption> {
    const { log, processes } = this.#deps;
    const leftovers = await findLeftovers(this.#deps, processes, (id, error) => {
      log.error({ id, error }, 'the record of a machine is damaged and was set aside');
    });
    const adoption: Adoption = { adopted: [], reaped: [] };
    await Promise.all(
      leftovers.map(async (leftover) => {
        const machine = claimed.has(leftover.id) ? await this.#takeOver(leftover) : null;
        if (machine !== null) adoption.adopted.push(this.#keep(machine));
        else if (await this.#reap(leftover)) adoption.reaped.push(leftover.id);
      }),
    );
    await pruneLogs(this.#deps.dataDir, this.#machines);
    log.info({ adopted: adoption.adopted.length, reaped: adoption.reaped.length }, 'adoption');
    return adoption;
  }

  async shutDown(how: 'stop' | 'leave'): Promise<void> {
    const machines = [...this.#machines.values()];
    await Promise.all(
      machines.map((machine) =>
        how === 'stop' ? machine.stop('broker-stopping') : machine.leave(),
      ),
    );
    this.#lock.dispose();
  }

  dispose(): Promise<void> {
    return this.shutDown('stop');
  }

  #keep(machine: GuestMachine): GuestMachine {
    const { id } = machine.spec;
    this.#machines.set(id, machine);
    machine.onChange((state) => {
      if (!isOver(state)) return;
      this.#machines.delete(id);
      pruneLogs(this.#deps.dataDir, this.#machines).catch((error: unknown) => {
        this.#deps.log.error({ error }, 'old logs could not be removed');
      });
    });
    return machine;
  }

  #depsFor({ engine }: { engine: Engine }): MachineDeps {
    const { qemu, osLevel } = this.#deps.drivers;
    return { ...this.#deps, driver: engine === 'os-level' ? (osLevel ?? noDriver) : qemu };
  }

  async #takeOver(leftover: Leftover): Promise<GuestMachine | null> {
    const verdict = judge(leftover);
    if (verdict.kind === 'reap') return null;
    const deps = this.#depsFor(verdict.record.spec);
    try {
      if (verdict.kind === 'take-over') return await GuestMachine.takeOver(verdict, deps);
      await this.#end(leftover);
      return GuestMachine.resume(verdict, deps);
    } catch (error) {
      this.#deps.log.warn({ id: leftover.id, error }, 'a machine could not be taken over');
      return null;
    }
  }

  /** Whether all that was left of it is gone. */
  async #reap(leftover: Leftover): Promise<boolean> {
    const { id } = leftover;
    try {
      await this.#end(leftover);
      await freeMachine(machinePaths(this.#deps, id));
      await this.#deps.limits.release(id);
      await this.#deps.confinement.release(id);
      return true;
    } catch (error) {
      this.#deps.log.error({ id, error }, 'a machine could not be freed');
      return false;
    }
  }

  async #end({ process }: Leftover): Promise<void> {
    if (process === null) return;
    const qemu = adoptQemu(process, this.#deps);
    await endQemu(qemu, null, this.#deps.clock);
    qemu.dispose();
  }
}

async function refuse(): Promise<never> {
  throw new CodedError('sandbox-missing', { detail: 'bubblewrap' });
}

/** Where operating systems can't be virtualized, that is said machine by machine. */
const noDriver: Driver = {
  accelerator: null,
  begin: refuse,
  wake: refuse,
  found() {
    throw new CodedError('sandbox-missing', { detail: 'bubblewrap' });
  },
};
