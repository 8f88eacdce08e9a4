import { chmod, mkdir } from 'node:fs/promises';
import { type Clock, systemClock } from '../contract/clock.ts';
import type { Accelerator } from '../contract/desktop.ts';
import type { Disposable } from '../contract/disposable.ts';
import { CodedError } from '../contract/errors.ts';
import type { Adoption, DesktopSpec, Host, Machine } from './engine.ts';
import { lockHost } from './host-lock.ts';
import type { ImageSource } from './image-source.ts';
import { findLeftovers, type Leftover } from './leftovers.ts';
import type { Log } from './log.ts';
import { pruneLogs } from './log-keeping.ts';
import { type MachineDeps, QemuMachine } from './machine.ts';
import { freeMachine } from './machine-record.ts';
import { isOver } from './machine-state.ts';
import { isSameProcess, type ProcessTable, procTable } from './process-table.ts';
import { fitsSockets, machinePaths, machinesFolder } from './qemu/machine-paths.ts';
import { adoptQemu, endQemu } from './qemu/process.ts';

export type HostOptions = {
  /** Machines are kept in `machines/` below it; one host at a time may use it. */
  dataDir: string;
  /** For sockets: on a local file system, and short. */
  runtimeDir: string;
  images: ImageSource;
  /** Path or name of QEMU. */
  qemu: string;
  accelerator: Accelerator;
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
  const { dataDir, runtimeDir } = options;
  if (!fitsSockets(runtimeDir)) {
    throw new CodedError('config-invalid', { detail: `runtimeDir is too long: ${runtimeDir}` });
  }
  await mkdir(machinesFolder(dataDir), { recursive: true, mode: 0o700 });
  await mkdir(runtimeDir, { recursive: true, mode: 0o700 });
  await chmod(runtimeDir, 0o700);
  return new QemuHost(lockHost(dataDir), {
    ...options,
    clock: options.clock ?? systemClock,
    processes: options.processes ?? procTable(),
    bootTimeoutMs: options.bootTimeoutMs ?? 60_000,
  });
}

class QemuHost implements Host {
  readonly #lock: Disposable;
  readonly #deps: MachineDeps;
  readonly #machines = new Map<string, QemuMachine>();

  constructor(lock: Disposable, deps: MachineDeps) {
    this.#lock = lock;
    this.#deps = deps;
  }

  start(spec: DesktopSpec): Machine {
    if (this.#machines.has(spec.id)) throw new Error(`machine ${spec.id} exists already`);
    return this.#keep(QemuMachine.start(spec, this.#deps));
  }

  find(id: string): Machine | null {
    return this.#machines.get(id) ?? null;
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

  #keep(machine: QemuMachine): QemuMachine {
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

  async #takeOver({ id, record, process }: Leftover): Promise<QemuMachine | null> {
    if (record === null || process === null) return null;
    if (record.process !== null && !isSameProcess(process, record.process)) return null;
    try {
      return await QemuMachine.adopt(record, process, this.#deps);
    } catch (error) {
      this.#deps.log.warn({ id, error }, 'a machine that runs could not be taken over');
      return null;
    }
  }

  /** Whether all that was left of it is gone. */
  async #reap({ id, process }: Leftover): Promise<boolean> {
    try {
      if (process !== null) {
        const qemu = adoptQemu(process, this.#deps);
        await endQemu(qemu, null, this.#deps.clock);
        qemu.dispose();
      }
      await freeMachine(machinePaths(this.#deps, id));
      return true;
    } catch (error) {
      this.#deps.log.error({ id, error }, 'a machine could not be freed');
      return false;
    }
  }
}
