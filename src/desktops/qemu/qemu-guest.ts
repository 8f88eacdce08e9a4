import { constants, copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, pause } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Guest, GuestEvent } from '../driver.ts';
import type { MachineSpec } from '../engine.ts';
import { asGuestFault } from '../fault.ts';
import { errnoOf } from '../images/file-error.ts';
import type { Log } from '../log.ts';
import type { ProcessIdentity, ProcessTable } from '../process-table.ts';
import { connectWhenThere } from './connect.ts';
import { introduce, onIdentityPort } from './identity.ts';
import { lastWords } from './last-words.ts';
import { type MachinePaths, qemuFolder } from './machine-paths.ts';
import { MigrationWatch } from './migration-watch.ts';
import { takeControlSocket, takeSockets } from './own-sockets.ts';
import { readPicture } from './picture-file.ts';
import { adoptQemu, endQemu, type QemuCommand, type QemuProcess, spawnQemu } from './process.ts';
import { QmpClient } from './qmp.ts';
import { QmpError } from './qmp-error.ts';
import type { QmpEvent } from './qmp-schema.ts';
import { RoomWait } from './room-wait.ts';
import { saveState } from './save-state.ts';

export type GuestDeps = { clock: Clock; log: Log; processes: ProcessTable };

/** A process that dies closes its connection a moment before; its own end tells more. */
const deathMs = 1000;
/** Milliseconds that a guest which went to sleep has to take in what time it is. */
const wakeMs = 2000;

/** A guest in QEMU. `paths` are those of its machine, but for a disk that is kept elsewhere. */
export class QemuGuest implements Guest {
  readonly identity: ProcessIdentity;
  readonly lost: Promise<string>;

  readonly #process: QemuProcess;
  readonly #spec: MachineSpec;
  readonly #paths: MachinePaths;
  readonly #deps: GuestDeps;
  readonly #isFound: boolean;
  readonly #roomWait: RoomWait;
  readonly #migration = new MigrationWatch();
  readonly #lose: (reason: string) => void;
  readonly #disposed = new AbortController();
  #qmp: QmpClient | null = null;
  #tell: (event: GuestEvent) => void = () => undefined;
  /** Whether it is held, to save it or its disk. */
  #isStill = false;

  /** @throws qemu-missing; guest-failed when QEMU ends at once */
  static async spawn(
    command: Omit<QemuCommand, 'log'>,
    spec: MachineSpec,
    paths: MachinePaths,
    deps: GuestDeps,
  ): Promise<QemuGuest> {
    const qemu = await spawnQemu({ ...command, log: paths.qemuLog }, deps);
    return new QemuGuest(qemu, spec, paths, deps, false);
  }

  /** One that an earlier broker has started. */
  static found(
    identity: ProcessIdentity,
    spec: MachineSpec,
    paths: MachinePaths,
    deps: GuestDeps,
  ): QemuGuest {
    return new QemuGuest(adoptQemu(identity, deps), spec, paths, deps, true);
  }

  private constructor(
    qemu: QemuProcess,
    spec: MachineSpec,
    paths: MachinePaths,
    deps: GuestDeps,
    isFound: boolean,
  ) {
    this.#process = qemu;
    this.#spec = spec;
    this.#paths = paths;
    this.#deps = deps;
    this.#isFound = isFound;
    this.#roomWait = new RoomWait({
      ...deps,
      goOn: () => this.goOn(),
      mayGoOn: () => !this.#isStill,
      onRoom: () => this.#tell({ kind: 'disk-has-room' }),
    });
    this.identity = qemu.identity;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.lost = promise;
    this.#lose = (reason) => {
      this.#migration.fail(reason);
      resolve(reason);
    };
    void qemu.gone.then((how) => this.#died(how));
  }

  async takeControl(
    limits: { timeoutMs: number; signal: AbortSignal },
    onEvent: (event: GuestEvent) => void,
  ): Promise<void> {
    const { clock } = this.#deps;
    this.#tell = onEvent;
    const late = new AbortController();
    const timer = clock.after(limits.timeoutMs, () => {
      late.abort(new CodedError('guest-failed', { detail: 'QEMU does not answer' }));
    });
    const signal = AbortSignal.any([limits.signal, late.signal, this.#disposed.signal]);
    try {
      await takeControlSocket(this.#paths, { clock, signal });
      const socket = await connectWhenThere(this.#paths.qmp, { clock, signal });
      const qmp = await QmpClient.open(socket, {
        clock,
        onEvent: (event) => this.#react(event),
      });
      this.#qmp = qmp;
      void qmp.closed.then((reason) => this.#disconnected(reason));
      const [{ status }] = await Promise.all([
        qmp.execute('query-status', {}),
        takeSockets(this.#paths),
      ]);
      // With the policy that the disks have (werror=enospc), it stands still for nothing else.
      if (status === 'io-error') {
        onEvent({ kind: 'disk-fault', noSpace: true, reason: 'it was held already' });
      }
      // The broker that held it, to save it or its disk, is gone.
      if (this.#isFound && status === 'paused') await this.awaken(limits.signal);
    } finally {
      timer.dispose();
    }
  }

  async picture(format: 'png' | 'ppm'): Promise<Buffer> {
    const filename = join(qemuFolder(this.#paths), `picture.${format}`);
    try {
      await this.#control.execute('screendump', { filename, format });
      return await readPicture(filename);
    } finally {
      await rm(filename, { force: true });
    }
  }

  waitForRoom(): void {
    this.#roomWait.begin();
  }

  /**
   * Takes in the state behind a descriptor of the QEMU process, which was started to wait for it.
   * @param sharesMemory whether memory that is mapped is not in the state
   * @throws guest-failed
   */
  async load(descriptor: number, sharesMemory: boolean): Promise<void> {
    const qmp = this.#control;
    const loaded = this.#migration.next();
    // QEMU does one after the other, so the second need not wait for the answer to the first.
    await Promise.all([
      qmp.execute('migrate-set-capabilities', {
        capabilities: [
          { capability: 'events', state: true },
          { capability: 'x-ignore-shared', state: sharesMemory },
        ],
      }),
      qmp.execute('migrate-incoming', { uri: `fd:${descriptor}` }),
    ]);
    await loaded;
  }

  async goOn(): Promise<void> {
    await this.#control.execute('cont', {});
  }

  /** Lets a guest that stood still go on, and tells it the time, if it listens. */
  async awaken(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    const { hostname, id } = this.#spec;
    const me = { hostname, machineId: null, mac: null };
    const limits = { clock, signal, timeoutMs: wakeMs };
    await onIdentityPort(this.#paths.identity, (port) =>
      introduce(port, me, () => this.goOn(), limits),
    ).catch((error: unknown) => {
      if (error instanceof QmpError) throw error;
      signal.throwIfAborted();
      log.warn({ id, error }, 'a guest that woke may have a clock that is behind');
    });
  }

  save(file: string): Promise<void> {
    return this.#standingStill(() =>
      saveState(this.#control, this.#migration, { paths: this.#paths, file }),
    );
  }

  /**
   * The guest stands still for the copy, a second for each gigabyte or so: what QEMU has in its own
   * hands of the disk is in the file then (bdrv_flush_all of vm_stop).
   */
  async snapshotDisk(path: string): Promise<void> {
    const flags = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE;
    await this.#standingStill(async () => {
      try {
        await copyFile(this.#paths.disk, path, flags);
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') await rm(path, { force: true });
        throw error;
      }
    });
    this.#isStill = false;
    await this.goOn();
  }

  async powerDown(): Promise<void> {
    await this.#control.execute('system_powerdown', {});
  }

  async balloon(targetMb: number | null): Promise<void> {
    const value = (targetMb ?? this.#spec.memoryMb) * 1024 ** 2;
    await this.#control.execute('balloon', { value }).catch((error: unknown) => {
      // A guest without a balloon has nothing to give back.
      if (!(error instanceof QmpError) || error.fault !== 'refused') throw error;
    });
  }

  async end(): Promise<void> {
    const qmp = this.#qmp;
    await endQemu(this.#process, qmp && (() => qmp.execute('quit', {})), this.#deps.clock);
    this.dispose();
  }

  dispose(): void {
    this.#disposed.abort();
    this.#roomWait.dispose();
    this.#qmp?.dispose();
    this.#process.dispose();
  }

  /** @throws guest-failed before there is control */
  get #control(): QmpClient {
    if (this.#qmp === null) throw new CodedError('guest-failed', { detail: 'no control yet' });
    return this.#qmp;
  }

  /** Holds the guest; it goes on when the work fails. @throws disk-full, guest-failed */
  async #standingStill(work: () => Promise<void>): Promise<void> {
    this.#isStill = true;
    try {
      await this.#control.execute('stop', {});
      await work();
    } catch (error) {
      this.#isStill = false;
      await this.goOn().catch(() => undefined); // one that is lost says so itself
      throw asGuestFault(error);
    }
  }

  #react(event: QmpEvent): void {
    if (event.event === 'MIGRATION') {
      this.#migration.see(event.data.status);
    } else if (event.event === 'BLOCK_IO_ERROR') {
      const { nospace = false, reason } = event.data;
      this.#tell({ kind: 'disk-fault', noSpace: nospace, reason });
    } else if (event.event === 'BLOCK_IMAGE_CORRUPTED') {
      this.#tell({ kind: 'disk-fault', noSpace: false, reason: event.data.msg });
    } else if (event.data.guest) {
      this.#tell({ kind: 'powered-off' });
    }
  }

  async #died(how: string): Promise<void> {
    const words = await lastWords(this.#paths.qemuLog);
    this.#lose(`QEMU ended (${how})${words === null ? '' : `: ${words}`}`);
  }

  async #disconnected(reason: QmpError): Promise<void> {
    const { signal } = this.#disposed;
    if (signal.aborted) return;
    // Aborted when we have let go meanwhile: nobody asks for the reason then.
    await pause(this.#deps.clock, deathMs, signal).catch(() => undefined);
    this.#lose(reason.detail ?? 'QMP');
  }
}
