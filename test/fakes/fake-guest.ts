import type { Disposable } from '../../src/contract/disposable.ts';
import { CodedError, type Problem } from '../../src/contract/errors.ts';
import type { MachineUsage } from '../../src/contract/host.ts';
import type { Host, Machine, MachineSpec, StopReason } from '../../src/desktops/engine.ts';
import {
  type MachineEvent,
  type MachineState,
  transition,
} from '../../src/desktops/machine-state.ts';
import type { GuestAgent } from '../../src/desktops/qemu/guest-agent.ts';
import { makeKeptDisk } from './kept-disk.ts';

/** A guest of a virtual server or a master, which goes on when the test says so. */
export class FakeGuest implements Machine {
  readonly spec: MachineSpec;
  readonly accelerator = 'tcg';
  readonly origin = { kind: 'boot', reason: '' } as const;
  readonly rfbSocket = null;
  readonly logs = { console: '', qemu: '' };
  /** What it was asked to shut down with, and where its disk was to be kept. */
  readonly patience: number[] = [];
  readonly snapshots: string[] = [];
  /** What it uses. */
  measured: MachineUsage | null = null;
  /** With true, a shutdown waits for the test to call `gone`. */
  slowToStop = false;
  #state: MachineState = { kind: 'preparing' };
  readonly #listeners = new Set<(state: MachineState) => void>();
  readonly #over = Promise.withResolvers<void>();

  constructor(spec: MachineSpec) {
    this.spec = spec;
  }

  get state(): MachineState {
    return this.#state;
  }
  onChange(listener: (state: MachineState) => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }
  async snapshotDisk(path: string): Promise<void> {
    this.snapshots.push(path);
  }
  async shutDown(patienceMs: number): Promise<void> {
    this.patience.push(patienceMs);
    await this.stop('asked');
  }
  async stop(reason: StopReason): Promise<void> {
    this.#apply({ kind: 'stop', reason });
    if (!this.slowToStop) this.gone();
    await this.#over.promise;
  }

  boot(): void {
    makeKeptDisk(this.spec);
    this.#apply({ kind: 'disk-ready' });
    this.#apply({ kind: 'process-ready', next: 'booting' });
    this.#apply({ kind: 'desktop-ready' });
  }
  fail(problem: Problem): void {
    this.#apply({ kind: 'fault', problem });
    this.#over.resolve();
  }
  gone(): void {
    this.#apply({ kind: 'process-gone' });
    this.#over.resolve();
  }

  usage(): MachineUsage | null {
    return this.measured;
  }
  async picture(): Promise<Buffer> {
    throw new CodedError('guest-failed');
  }
  agent(): GuestAgent {
    throw new CodedError('guest-failed');
  }
  async suspend(): Promise<void> {
    throw new CodedError('suspend-unsupported');
  }
  async wake(): Promise<void> {
    throw new CodedError('suspend-unsupported');
  }
  async balloon(): Promise<void> {
    throw new CodedError('guest-failed');
  }

  #apply(event: MachineEvent): void {
    const next = transition(this.#state, event);
    if (next === this.#state) return;
    this.#state = next;
    for (const listener of [...this.#listeners]) listener(next);
  }
}

/** Starts such guests, unless it is full. */
export class FakeGuests implements Pick<Host, 'start'> {
  readonly all: FakeGuest[] = [];
  full = false;

  start(spec: MachineSpec): FakeGuest {
    if (this.full) throw new CodedError('host-full', { detail: 'no memory' });
    const guest = new FakeGuest(spec);
    this.all.push(guest);
    return guest;
  }

  /** The guest made last. */
  get latest(): FakeGuest {
    const guest = this.all.at(-1);
    if (guest === undefined) throw new Error('no guest was made');
    return guest;
  }
}
