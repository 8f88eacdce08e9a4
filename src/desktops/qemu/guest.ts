import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, pause } from '../../contract/clock.ts';
import type { Disposable } from '../../contract/disposable.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Log } from '../log.ts';
import type { ProcessIdentity, ProcessTable } from '../process-table.ts';
import { connectWhenThere } from './connect.ts';
import { lastWords } from './last-words.ts';
import type { MachinePaths } from './machine-paths.ts';
import { adoptQemu, endQemu, type QemuProcess, spawnQemu } from './process.ts';
import { QmpClient } from './qmp.ts';
import type { QmpError } from './qmp-error.ts';
import type { QmpEvent } from './qmp-schema.ts';
import { RoomWait } from './room-wait.ts';

export type GuestDeps = { clock: Clock; log: Log; processes: ProcessTable };

/** A process that dies closes its connection a moment before; its own end tells more. */
const deathMs = 1000;

/** A guest at work: a QEMU process, and the control over it. */
export class Guest implements Disposable {
  readonly identity: ProcessIdentity;
  /** Resolves, with the reason in words, when the process is gone or cannot be controlled. */
  readonly lost: Promise<string>;

  readonly #process: QemuProcess;
  readonly #paths: MachinePaths;
  readonly #deps: GuestDeps;
  readonly #roomWait: RoomWait;
  readonly #lose: (reason: string) => void;
  readonly #disposed = new AbortController();
  #qmp: QmpClient | null = null;

  /** @throws qemu-missing; guest-failed when QEMU ends at once */
  static async spawn(
    command: { qemu: string; args: string[] },
    paths: MachinePaths,
    deps: GuestDeps,
  ): Promise<Guest> {
    return new Guest(await spawnQemu({ ...command, log: paths.qemuLog }, deps), paths, deps);
  }

  /** One that an earlier broker has started. */
  static found(identity: ProcessIdentity, paths: MachinePaths, deps: GuestDeps): Guest {
    return new Guest(adoptQemu(identity, deps), paths, deps);
  }

  private constructor(qemu: QemuProcess, paths: MachinePaths, deps: GuestDeps) {
    this.#process = qemu;
    this.#paths = paths;
    this.#deps = deps;
    this.#roomWait = new RoomWait({ ...deps, goOn: () => this.qmp.execute('cont', {}) });
    this.identity = qemu.identity;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.lost = promise;
    this.#lose = resolve;
    void qemu.gone.then((how) => this.#died(how));
  }

  /** @throws guest-failed before there is control */
  get qmp(): QmpClient {
    if (this.#qmp === null) throw new CodedError('guest-failed', { detail: 'no control yet' });
    return this.#qmp;
  }

  /** @throws guest-failed when QEMU does not answer in time; the signal's reason when aborted. */
  async takeControl(
    limits: { timeoutMs: number; signal: AbortSignal },
    onEvent: (event: QmpEvent) => void,
  ): Promise<void> {
    const { clock } = this.#deps;
    const late = new AbortController();
    const timer = clock.after(limits.timeoutMs, () => {
      late.abort(new CodedError('guest-failed', { detail: 'QEMU does not answer' }));
    });
    const signal = AbortSignal.any([limits.signal, late.signal]);
    try {
      const socket = await connectWhenThere(this.#paths.qmp, { clock, signal });
      const qmp = await QmpClient.open(socket, { clock, onEvent });
      this.#qmp = qmp;
      void qmp.closed.then((reason) => this.#disconnected(reason));
      const { status } = await qmp.execute('query-status', {});
      if (status === 'io-error') this.waitForRoom();
    } finally {
      timer.dispose();
    }
  }

  /** The screen as it is. @throws QmpError */
  async picture(format: 'png' | 'ppm'): Promise<Buffer> {
    const filename = join(this.#paths.sockets, `picture.${format}`);
    try {
      await this.qmp.execute('screendump', { filename, format });
      return await readFile(filename);
    } finally {
      await rm(filename, { force: true });
    }
  }

  /** Lets the guest go on when the host's disk has room again. */
  waitForRoom(): void {
    this.#roomWait.begin();
  }

  /** Ends the process, and resolves when it is gone. */
  async end(): Promise<void> {
    const qmp = this.#qmp;
    await endQemu(this.#process, qmp && (() => qmp.execute('quit', {})), this.#deps.clock);
    this.dispose();
  }

  /** Lets go of it; the process runs on. */
  dispose(): void {
    this.#disposed.abort();
    this.#roomWait.dispose();
    this.#qmp?.dispose();
    this.#process.dispose();
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
