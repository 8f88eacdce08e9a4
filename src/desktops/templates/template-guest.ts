import type { Socket } from 'node:net';
import type { Clock } from '../../contract/clock.ts';
import type { AsyncDisposable } from '../../contract/disposable.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Log } from '../log.ts';
import type { ProcessTable } from '../process-table.ts';
import { connectWhenThere } from '../qemu/connect.ts';
import { lastWords } from '../qemu/last-words.ts';
import type { MachinePaths } from '../qemu/machine-paths.ts';
import { endQemu, type QemuProcess, spawnQemu } from '../qemu/process.ts';
import { QmpClient } from '../qemu/qmp.ts';
import type { QmpEvent } from '../qemu/qmp-schema.ts';
import { receiveState } from './device-state.ts';
import { within } from './waiting.ts';

export type TemplateGuestDeps = { clock: Clock; log: Log; processes: ProcessTable };

/** Milliseconds until QEMU has to answer. */
const controlTimeoutMs = 20_000;
/** Milliseconds to write the state of the devices, about 10 MB. */
const saveTimeoutMs = 30_000;

/** How a migration ends (QAPI's MigrationStatus). */
type MigrationEnd = 'completed' | 'failed' | 'cancelled';

/** A guest that is booted to be stopped, and cloned from then on. */
export class TemplateGuest implements AsyncDisposable {
  readonly #process: QemuProcess;
  readonly #qmp: QmpClient;
  /** Held to the end, so that a clone finds somebody at the other end of its port from the start. */
  readonly #line: Socket;
  readonly #paths: MachinePaths;
  readonly #clock: Clock;
  readonly #migration: Promise<MigrationEnd>;

  /** Starts QEMU and takes control of it. @throws qemu-missing, sandbox-missing, guest-failed */
  static async boot(
    command: { program: string; args: string[] },
    paths: MachinePaths,
    deps: TemplateGuestDeps & { signal: AbortSignal },
  ): Promise<TemplateGuest> {
    const { clock, signal } = deps;
    const qemu = await spawnQemu(
      { qemu: command.program, args: command.args, log: paths.qemuLog },
      deps,
    );
    try {
      const { promise: migration, resolve } = Promise.withResolvers<MigrationEnd>();
      const onEvent = (event: QmpEvent) => {
        const end = endOfMigration(event);
        if (end !== null) resolve(end);
      };
      const there = (socket: string, limit: AbortSignal) =>
        connectWhenThere(socket, { clock, signal: limit });
      const connect = async (limit: AbortSignal) => {
        const line = await there(paths.identity, limit);
        line.on('error', () => undefined).resume();
        const qmp = await QmpClient.open(await there(paths.qmp, limit), { clock, onEvent });
        return { line, qmp };
      };
      const late = () => new CodedError('guest-failed', { detail: 'QEMU does not answer' });
      const limits = { clock, signal, timeoutMs: controlTimeoutMs, late };
      const lost = lossOf(qemu, paths);
      const { line, qmp } = await within(lost, limits, connect);
      return new TemplateGuest(qemu, { qmp, line }, migration, paths, clock);
    } catch (error) {
      await endQemu(qemu, null, clock);
      throw error;
    }
  }

  private constructor(
    qemu: QemuProcess,
    { qmp, line }: { qmp: QmpClient; line: Socket },
    migration: Promise<MigrationEnd>,
    paths: MachinePaths,
    clock: Clock,
  ) {
    this.#process = qemu;
    this.#qmp = qmp;
    this.#line = line;
    this.#migration = migration;
    this.#paths = paths;
    this.#clock = clock;
  }

  /** Waits no longer than QEMU lives. @throws guest-failed when it ends before */
  whileItRuns<T>(
    limits: { timeoutMs: number; signal: AbortSignal; late: () => Error },
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return within(lossOf(this.#process, this.#paths), { ...limits, clock: this.#clock }, work);
  }

  /**
   * Stops it for good, and writes the state of its devices to the file; its memory is in a file of
   * its own (`x-ignore-shared`). @throws guest-failed, disk-full
   */
  async saveDevices(file: string, signal: AbortSignal): Promise<void> {
    const qmp = this.#qmp;
    const state = await receiveState(this.#paths.migration, file);
    const late = () => new CodedError('guest-failed', { detail: 'its state takes too long' });
    try {
      await this.whileItRuns({ timeoutMs: saveTimeoutMs, signal, late }, async () => {
        await qmp.execute('stop', {});
        const capabilities = (['events', 'x-ignore-shared'] as const).map((capability) => ({
          capability,
          state: true,
        }));
        await qmp.execute('migrate-set-capabilities', { capabilities });
        await qmp.execute('migrate', { uri: `unix:${this.#paths.migration}` });
        await Promise.all([this.#migrated(), state.received]);
      });
    } finally {
      await state.dispose();
    }
  }

  async #migrated(): Promise<void> {
    const end = await this.#migration;
    if (end === 'completed') return;
    throw new CodedError('guest-failed', { detail: `saving its state: ${end}` });
  }

  /** Ends QEMU, and resolves when all it wrote is in its files. */
  async dispose(): Promise<void> {
    await endQemu(this.#process, () => this.#qmp.execute('quit', {}), this.#clock);
    this.#qmp.dispose();
    this.#line.destroy();
    this.#process.dispose();
  }
}

/** Rejects when QEMU has ended. */
async function lossOf(qemu: QemuProcess, paths: MachinePaths): Promise<never> {
  const how = await qemu.gone;
  const words = await lastWords(paths.qemuLog);
  const detail = `QEMU ended (${how})${words === null ? '' : `: ${words}`}`;
  throw new CodedError('guest-failed', { detail });
}

function endOfMigration({ event, data }: QmpEvent): MigrationEnd | null {
  if (event !== 'MIGRATION') return null;
  const { status } = data;
  return status === 'completed' || status === 'failed' || status === 'cancelled' ? status : null;
}
