import { randomUUID } from 'node:crypto';
import type { Clock } from '../../contract/clock.ts';
import type { Disposable } from '../../contract/disposable.ts';
import { CodedError, type Problem } from '../../contract/errors.ts';
import type { Host, Machine, MachineSpec } from '../../desktops/engine.ts';
import { faultOf } from '../../desktops/fault.ts';
import { isOver, type MachineState } from '../../desktops/machine-state.ts';
import { createBackoff } from '../backoff.ts';
import type { DiskFiles } from '../disks/disk-files.ts';
import type { MachineRows } from '../host-figures/machine-rows.ts';
import { shutDownPatienceMs } from '../shut-down-patience.ts';
import { startsAgain } from './restart-policy.ts';
import { type ServerRow, type ServerRows, serverSpec } from './server-rows.ts';
import { nextServerState, type ServerEvent, type ServerState } from './server-state.ts';

export type ServerLifeDeps = {
  clock: Clock;
  host: Pick<Host, 'start'>;
  machines: MachineRows;
  rows: ServerRows;
  files: DiskFiles;
  /** It has ended by itself. */
  onFailed(row: ServerRow, problem: string, again: boolean): Promise<void>;
  onFault(error: unknown): void;
};

/** One virtual server: follows its machine, and sees to it that it runs while it is to. */
export class ServerLife implements Disposable {
  readonly #deps: ServerLifeDeps;
  readonly #backoff = createBackoff();
  #row: ServerRow;
  #state: ServerState;
  #restarts: number;
  #machine: Machine | null = null;
  #following: Disposable | null = null;
  #again: Disposable | null = null;
  #closing = false;
  /** What is done to its disk, one after the other: starts are among it. */
  #turns: Promise<unknown> = Promise.resolve();
  /** The last write begun; each waits for the one before. */
  #written: Promise<void> = Promise.resolve();
  /** Counts the times it ended: a row that was read before the last says nothing any more. */
  ends = 0;

  constructor(deps: ServerLifeDeps, row: ServerRow) {
    this.#deps = deps;
    this.#row = row;
    this.#restarts = row.restarts;
    this.#state = row.state === 'failed' ? 'failed' : 'stopped';
  }

  get state(): ServerState {
    return this.#state;
  }
  get machine(): Machine | null {
    return this.#machine;
  }

  /** Until all that it had to write down is written. */
  settled(): Promise<void> {
    return this.#written;
  }

  /**
   * Goes by what its row says now. A start that waits for its time goes on waiting, and one that has
   * failed for good stays so, for people to see.
   */
  follow(row: ServerRow): void {
    this.#row = row;
    const waits = this.#again !== null;
    if (row.wanted === 'running' && !waits) this.start();
    if (row.wanted === 'stopped' && (waits || this.#state !== 'failed')) this.stop();
  }

  start(): void {
    this.#cancelWait();
    if (this.#closing || !this.#apply('start')) return;
    this.#save({ problem: '' });
    void this.#begin();
  }

  /** Where it waits for the time of its next try. */
  tryNow(): void {
    if (this.#again !== null) this.start();
  }

  stop(): void {
    this.#cancelWait();
    if (!this.#apply('stop')) return;
    this.#save({ problem: '' });
    void this.#shutDown();
  }

  /** The machine that an earlier broker left. */
  takeUp(machine: Machine): void {
    this.#apply('start');
    this.#watch(machine);
  }

  /** Nothing starts until the work is over. It is given the machine, if one is there. */
  withDisk<T>(work: (machine: Machine | null) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      const held = await this.#holdDisk();
      try {
        return await work(this.#machine);
      } finally {
        held.dispose();
      }
    });
  }

  /** Switches it off for good. */
  async destroy(): Promise<void> {
    this.#closing = true;
    this.#cancelWait();
    this.#apply('stop');
    await this.#turns;
    await this.#machine?.stop('asked');
    await this.#written;
    this.dispose();
  }

  /** As the broker ends: it is shut down, or left to the next one. */
  async close(how: 'stop' | 'leave'): Promise<void> {
    this.#closing = true;
    this.#cancelWait();
    await this.#turns;
    if (how === 'stop') {
      this.#apply('stop');
      await this.#shutDown();
    }
    await this.#written;
    this.dispose();
  }

  dispose(): void {
    this.#cancelWait();
    this.#following?.dispose();
  }

  async #shutDown(): Promise<void> {
    await this.#machine?.shutDown(shutDownPatienceMs).catch(this.#deps.onFault);
  }

  async #begin(): Promise<void> {
    const { machines, files, onFault } = this.#deps;
    const spec = serverSpec(this.#row, randomUUID(), files.disk(this.#row.id));
    try {
      if (await this.#inTurn(() => this.#start(spec))) return;
      await machines.remove(spec.id);
      this.#ended({ kind: 'stopped', reason: 'asked' });
    } catch (error) {
      if (!(error instanceof CodedError)) onFault(error);
      await machines.remove(spec.id).catch(onFault);
      this.#ended({ kind: 'failed', problem: faultOf(error) });
    }
  }

  /** False where it was told to stop before it could begin. */
  async #start(spec: MachineSpec): Promise<boolean> {
    const { host, machines } = this.#deps;
    const { id, name, image_id, image_version } = this.#row;
    const held = await this.#holdDisk();
    try {
      await this.#assertDisk();
      const owner = { purpose: 'server', belongs_to: id, belongs_to_name: name } as const;
      await machines.claim(spec, { ...owner, user_id: null }, { image_id, image_version });
      if (this.#state !== 'starting' || this.#closing) return false;
      this.#watch(host.start(spec));
      return true;
    } finally {
      held.dispose();
    }
  }

  /** The command line works on disks too. @throws change-conflict */
  async #holdDisk(): Promise<Disposable> {
    const { files } = this.#deps;
    await files.prepare();
    return files.hold(this.#row.id);
  }

  /** An empty disk would pass for the one that is lost. @throws disk-missing */
  async #assertDisk(): Promise<void> {
    const { files } = this.#deps;
    const file = files.disk(this.#row.id);
    if (this.#row.disk_made === 0 || (await files.exists(file))) return;
    throw new CodedError('disk-missing', { detail: file });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turns.then(work);
    this.#turns = turn.catch(() => null);
    return turn;
  }

  #watch(machine: Machine): void {
    this.#machine = machine;
    this.#save({ machine_id: machine.spec.id });
    this.#following = machine.onChange((state) => this.#followMachine(state));
    this.#followMachine(machine.state);
  }

  #followMachine(state: MachineState): void {
    const machine = this.#machine;
    if (machine === null) return;
    this.#write(() => this.#deps.machines.save(machine));
    if (isOver(state)) {
      this.#following?.dispose();
      this.#machine = null;
      this.#ended(state);
    } else if (state.kind === 'running' && this.#apply('machine-running')) {
      this.#backoff.up(this.#deps.clock.now());
      this.#row = { ...this.#row, disk_made: 1 };
      this.#save({ disk_made: 1 });
    }
  }

  #ended(state: MachineState): void {
    const byBroker = state.kind === 'stopped' && state.reason === 'broker-stopping';
    const asked = this.#state === 'stopping' || this.#closing || byBroker;
    const fault = state.kind === 'failed' ? state.problem : null;
    this.ends += 1;
    this.#apply(fault === null ? 'machine-stopped' : 'machine-failed');
    if (asked) this.#save({ machine_id: null, problem: '' });
    else this.#endedByItself(fault);
  }

  #endedByItself(fault: Problem | null): void {
    const { clock, onFailed } = this.#deps;
    const row = this.#row;
    const problem = fault === null ? 'It was switched off from inside.' : inWords(fault);
    // No time brings a disk back.
    const again = fault?.code !== 'disk-missing' && startsAgain(row.restart, fault !== null);
    this.#save({ machine_id: null, problem, ...(again ? {} : { wanted: 'stopped' }) });
    this.#write(() => onFailed(row, problem, again));
    if (!again) return;
    this.#again = clock.after(this.#backoff.next(clock.now()), () => {
      this.#restarts += 1;
      this.start();
    });
  }

  #cancelWait(): void {
    this.#again?.dispose();
    this.#again = null;
  }

  /** Whether the event meant something. */
  #apply(event: ServerEvent): boolean {
    const next = nextServerState(this.#state, event);
    const changed = next !== this.#state;
    this.#state = next;
    return changed;
  }

  #save(change: Parameters<ServerRows['update']>[1]): void {
    const { id } = this.#row;
    const now = { state: this.#state, restarts: this.#restarts, ...change };
    this.#write(() => this.#deps.rows.update(id, now));
  }

  #write(action: () => Promise<void>): void {
    this.#written = this.#written.then(action).catch(this.#deps.onFault);
  }
}

function inWords({ message, detail }: Problem): string {
  return detail === undefined ? message : `${message} (${detail})`;
}
