import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { constants } from 'node:os';
import { type Clock, pause } from '../../contract/clock.ts';
import type { Disposable } from '../../contract/disposable.ts';
import { CodedError } from '../../contract/errors.ts';
import { errnoOf } from '../images/file-error.ts';
import { isSameProcess, type ProcessIdentity, type ProcessTable } from '../process-table.ts';

/** A QEMU process: ours to watch and to end, whether we started it or found it. */
export type QemuProcess = Disposable & {
  readonly identity: ProcessIdentity;
  /** Resolves once the process is gone and leaves no zombie; says how, where that is known. */
  readonly gone: Promise<string>;
  /** Never reaches another process, even if the number is used again. */
  signal(name: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Stops watching; the process runs on and `gone` never resolves. */
  dispose(): void;
};

export type QemuCommand = {
  /** QEMU, or what confines it. */
  qemu: string;
  args: readonly string[];
  /** File that takes what it says. */
  log: string;
  /** Handed over as descriptors 3, 4, … of the process; they stay ours to close. */
  descriptors?: readonly number[];
};

type ProcessDeps = { clock: Clock; processes: ProcessTable };

/** How often a process that is no child of ours is looked at. */
const watchMs = 500;

/**
 * Starts QEMU in a session of its own, so that it outlives the broker and signals to its terminal.
 * @throws qemu-missing when there is no such program; guest-failed when it ends at once.
 */
export async function spawnQemu(command: QemuCommand, deps: ProcessDeps): Promise<QemuProcess> {
  const log = await open(command.log, 'a', 0o600);
  try {
    const child = spawn(command.qemu, command.args, {
      detached: true,
      stdio: ['ignore', log.fd, log.fd, ...(command.descriptors ?? [])],
    });
    const gone = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => {
        endGroup(child.pid);
        resolve(describeEnd(code, signal));
      });
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (cause) => {
        reject(new CodedError('qemu-missing', { detail: command.qemu, cause }));
      });
    });
    // The broker may end, or wait for other things, while desktops run.
    child.unref();
    const entry = child.pid === undefined ? null : await deps.processes.find(child.pid);
    if (entry === null) {
      throw new CodedError('guest-failed', { detail: `QEMU ended at once: ${await gone}` });
    }
    return {
      identity: { pid: entry.pid, startTime: entry.startTime },
      gone,
      signal: async (name) => void child.kill(name),
      dispose: () => child.removeAllListeners('exit'),
    };
  } finally {
    await log.close();
  }
}

/**
 * What confines a guest ends it by its own end, but not before its namespaces are complete: until
 * then, what it has started is in its process group (kill(2)).
 */
function endGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    // Nobody is left, as it should be.
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}

/** What runs another program, as shells do, tells by 128 and more by which signal that one ended. */
function describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal !== null) return `signal ${signal}`;
  const names = Object.entries(constants.signals);
  const name = names.find(([, number]) => number + 128 === code)?.[0];
  return name === undefined ? `exit code ${code}` : `signal ${name}`;
}

/** Watches a process that an earlier broker started. It is nobody's child that could be waited for. */
export function adoptQemu(identity: ProcessIdentity, deps: ProcessDeps): QemuProcess {
  const runs = async () => isSameProcess(await deps.processes.find(identity.pid), identity);
  const { promise: gone, resolve } = Promise.withResolvers<string>();
  let timer: Disposable | null = null;
  let disposed = false;
  const look = async () => {
    const alive = await runs();
    if (disposed) return;
    if (alive) timer = deps.clock.after(watchMs, look);
    else resolve('found gone');
  };
  void look();
  return {
    identity,
    gone,
    dispose() {
      disposed = true;
      timer?.dispose();
    },
    async signal(name) {
      if (!(await runs())) return;
      try {
        process.kill(identity.pid, name);
      } catch (error) {
        // Gone since the look: that is what the signal was for.
        if (errnoOf(error) !== 'ESRCH') throw error;
      }
    },
  };
}

/** Milliseconds that each way of asking gets before the next, harder one. */
const patience = { quit: 2000, SIGTERM: 2000 };

/** Ends a process: first by `quit` (QMP), then SIGTERM, then SIGKILL. Resolves when it is gone. */
export async function endQemu(
  qemu: QemuProcess,
  quit: (() => Promise<unknown>) | null,
  clock: Clock,
): Promise<void> {
  if (quit !== null) {
    quit().catch(() => undefined); // refused or never answered alike: the signals follow
    if (await endsWithin(qemu, patience.quit, clock)) return;
  }
  await qemu.signal('SIGTERM');
  if (await endsWithin(qemu, patience.SIGTERM, clock)) return;
  await qemu.signal('SIGKILL');
  await qemu.gone;
}

async function endsWithin(qemu: QemuProcess, milliseconds: number, clock: Clock): Promise<boolean> {
  const limit = new AbortController();
  try {
    return await Promise.race([
      qemu.gone.then(() => true),
      pause(clock, milliseconds, limit.signal).then(() => false),
    ]);
  } finally {
    limit.abort();
  }
}
