import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Guest, GuestEvent } from '../driver.ts';
import { errnoOf } from '../images/file-error.ts';
import type { ProcessIdentity, ProcessTable } from '../process-table.ts';
import { tryToConnect } from '../qemu/connect.ts';
import { lastWords } from '../qemu/last-words.ts';
import { type MachinePaths, machineName } from '../qemu/machine-paths.ts';
import {
  adoptQemu,
  endQemu,
  type QemuCommand,
  type QemuProcess,
  spawnQemu,
} from '../qemu/process.ts';
import { takeSockets } from './host-sockets.ts';
import { desktopScript } from './inner-command.ts';
import { pngOf, ppmOf } from './picture.ts';
import { readScreen } from './rfb-screen.ts';

export type OsLevelGuestDeps = { clock: Clock; processes: ProcessTable };

const pictureMs = 10_000;

/** How a process ended that was asked to end from inside. */
const cleanEnd = 'exit code 0';

/** A desktop that shares the kernel of this host: its outermost process, and what reaches inside. */
export class OsLevelGuest implements Guest {
  readonly identity: ProcessIdentity;
  readonly lost: Promise<string>;

  readonly #id: string;
  readonly #process: QemuProcess;
  readonly #paths: MachinePaths;
  readonly #deps: OsLevelGuestDeps;
  readonly #disposed = new AbortController();
  #onEvent: (event: GuestEvent) => void = () => undefined;

  /** @throws qemu-missing when there is no such program; guest-failed when it ends at once */
  static async spawn(
    id: string,
    command: Omit<QemuCommand, 'log'>,
    paths: MachinePaths,
    deps: OsLevelGuestDeps,
  ): Promise<OsLevelGuest> {
    const process = await spawnQemu({ ...command, log: paths.consoleLog }, deps);
    return new OsLevelGuest(id, process, paths, deps);
  }

  /** One that an earlier broker has started. */
  static found(
    id: string,
    identity: ProcessIdentity,
    paths: MachinePaths,
    deps: OsLevelGuestDeps,
  ): OsLevelGuest {
    return new OsLevelGuest(id, adoptQemu(identity, deps), paths, deps);
  }

  private constructor(
    id: string,
    process: QemuProcess,
    paths: MachinePaths,
    deps: OsLevelGuestDeps,
  ) {
    this.#id = id;
    this.#process = process;
    this.#paths = paths;
    this.#deps = deps;
    this.identity = process.identity;
    this.lost = process.gone.then((how) => this.#died(how));
  }

  async takeControl(
    limits: { timeoutMs: number; signal: AbortSignal },
    onEvent: (event: GuestEvent) => void,
  ): Promise<void> {
    this.#onEvent = onEvent;
    const { clock } = this.#deps;
    const late = new AbortController();
    const timer = clock.after(limits.timeoutMs, () => {
      late.abort(new CodedError('guest-failed', { detail: 'the display does not come up' }));
    });
    const signal = AbortSignal.any([limits.signal, late.signal, this.#disposed.signal]);
    try {
      await takeSockets(this.#paths, { clock, signal });
    } finally {
      timer.dispose();
    }
  }

  async picture(format: 'png' | 'ppm'): Promise<Buffer> {
    const socket = await tryToConnect(this.#paths.rfb);
    if (socket === null) throw new CodedError('guest-failed', { detail: 'there is no display' });
    const timer = this.#deps.clock.after(pictureMs, () => {
      socket.destroy(new Error('the display does not answer'));
    });
    try {
      const picture = await readScreen(socket);
      return format === 'ppm' ? ppmOf(picture) : await pngOf(picture);
    } catch (cause) {
      throw new CodedError('guest-failed', { detail: `no picture: ${String(cause)}`, cause });
    } finally {
      timer.dispose();
      socket.destroy();
    }
  }

  waitForRoom(): void {
    // It writes nothing but memory.
  }

  async save(): Promise<void> {
    throw new CodedError('suspend-unsupported');
  }

  async snapshotDisk(): Promise<void> {
    throw new CodedError('suspend-unsupported');
  }

  /** What `poweroff` does inside: TERM to the first process of the desktop. */
  async powerDown(): Promise<void> {
    for (const { argv, pid } of await this.#deps.processes.all()) {
      if (argv[1] === desktopScript && argv.includes(machineName(this.#id))) terminate(pid);
    }
  }

  async balloon(): Promise<void> {
    // It takes what it uses, and what it frees goes back by itself.
  }

  async end(): Promise<void> {
    await endQemu(this.#process, null, this.#deps.clock);
    this.dispose();
  }

  dispose(): void {
    this.#disposed.abort();
    this.#process.dispose();
  }

  async #died(how: string): Promise<string> {
    if (how === cleanEnd) this.#onEvent({ kind: 'powered-off' });
    const words = await lastWords(this.#paths.consoleLog);
    return `the desktop ended (${how})${words === null ? '' : `: ${words}`}`;
  }
}

function terminate(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    // Gone since the look: that is what the signal was for.
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}
