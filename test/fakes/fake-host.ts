import type { OpenedHost } from '../../src/broker/open-host.ts';
import type { Disposable } from '../../src/contract/disposable.ts';
import { CodedError, type Problem } from '../../src/contract/errors.ts';
import type { HostUsage, MachineUsage, Origin } from '../../src/contract/host.ts';
import type { Host, Machine, MachineSpec, StopReason } from '../../src/desktops/engine.ts';
import {
  isOver,
  type MachineEvent,
  type MachineState,
  transition,
} from '../../src/desktops/machine-state.ts';
import type { GuestAgent } from '../../src/desktops/qemu/guest-agent.ts';
import type { TemplateKind, TemplateState } from '../../src/desktops/templates/template.ts';
import { makeKeptDisk } from './kept-disk.ts';

/** A machine without a guest: it goes on when the test says so. */
export class FakeMachine implements Machine {
  readonly spec: MachineSpec;
  readonly accelerator = 'tcg';
  readonly logs: Machine['logs'];
  pictures = 0;
  rfbSocket: string | null;
  /** With true, `stop` waits for the test to call `ended`. */
  slowToStop = false;
  /** With true, `suspend` and `wake` wait for the test to apply what comes of them. */
  slowToSleep = false;
  origin: Origin | null = { kind: 'boot', reason: '' };
  measured: MachineUsage | null = null;
  #state: MachineState = { kind: 'preparing' };
  readonly #listeners = new Set<(state: MachineState) => void>();

  constructor(spec: MachineSpec, rfbSocket: string | null) {
    this.spec = spec;
    this.rfbSocket = rfbSocket;
    this.logs = { console: `/logs/${spec.id}/console.log`, qemu: `/logs/${spec.id}/qemu.log` };
  }

  get state(): MachineState {
    return this.#state;
  }

  onChange(listener: (state: MachineState) => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  /** The broker that followed it was killed. */
  loseFollowers(): void {
    this.#listeners.clear();
  }

  async picture(): Promise<Buffer> {
    this.pictures += 1;
    if (this.#state.kind !== 'running') throw new CodedError('guest-failed');
    return Buffer.from(`picture ${this.pictures}`);
  }

  agent(): GuestAgent {
    throw new CodedError('guest-failed', { detail: 'a fake machine has no agent' });
  }

  async suspend(): Promise<void> {
    this.apply({ kind: 'suspend' });
    if (!this.slowToSleep) this.apply({ kind: 'suspended' });
  }

  async wake(): Promise<void> {
    this.apply({ kind: 'wake' });
    if (this.slowToSleep) return;
    this.apply({ kind: 'process-ready', next: 'restoring' });
    this.apply({ kind: 'desktop-ready' });
  }

  async snapshotDisk(): Promise<void> {
    throw new CodedError('guest-failed', { detail: 'a fake machine has no disk' });
  }

  async shutDown(): Promise<void> {
    await this.stop('asked');
  }

  async balloon(): Promise<void> {
    // It has no memory.
  }

  usage(): MachineUsage | null {
    return this.measured;
  }

  async stop(reason: StopReason): Promise<void> {
    this.apply({ kind: 'stop', reason });
    if (!this.slowToStop) this.ended();
  }

  /** What a real machine does on its way up, one after the other. */
  boot(): void {
    makeKeptDisk(this.spec);
    this.apply({ kind: 'disk-ready' });
    this.apply({ kind: 'process-ready', next: 'booting' });
    this.apply({ kind: 'desktop-ready' });
  }

  fail(problem: Problem): void {
    this.apply({ kind: 'fault', problem });
  }

  ended(): void {
    this.apply({ kind: 'process-gone' });
  }

  apply(event: MachineEvent): void {
    const next = transition(this.#state, event);
    if (next === this.#state) return;
    this.#state = next;
    for (const listener of [...this.#listeners]) listener(next);
  }
}

export type FakeHostOptions = {
  /** Socket of the RFB server that every machine's screen is served from. */
  rfbSocket?: string;
  /** Machines boot at once, rather than when the test says so. */
  bootsAtOnce?: boolean;
};

/** A host whose machines outlive it: hand the same one to the next broker to let it adopt. */
export class FakeHost implements Host {
  /** All that were ever made. */
  readonly made: FakeMachine[] = [];
  /** Templates that were asked for, in their order. */
  readonly prepared: TemplateKind[] = [];
  /** How often templates were pruned. */
  prunings = 0;
  /** What the next starts are refused with. */
  full: CodedError | null = null;
  /** Whether the host has memory to spare. */
  room = true;
  /** What brokers claimed, one set for each call of `adopt`. */
  readonly claims: ReadonlySet<string>[] = [];
  readonly #options: FakeHostOptions;

  constructor(options: FakeHostOptions = {}) {
    this.#options = options;
  }

  start(spec: MachineSpec): FakeMachine {
    if (this.full !== null) throw this.full;
    const machine = new FakeMachine(spec, this.#options.rfbSocket ?? null);
    this.made.push(machine);
    if (this.#options.bootsAtOnce) machine.boot();
    return machine;
  }

  find(id: string): FakeMachine | null {
    return this.made.find(({ spec }) => spec.id === id) ?? null;
  }

  machines(): readonly FakeMachine[] {
    return this.made.filter(({ state }) => !isOver(state));
  }

  async prepareTemplate(kind: TemplateKind): Promise<TemplateState> {
    this.prepared.push(kind);
    return { kind: 'none', reason: 'a fake host has no templates' };
  }

  async pruneTemplates(): Promise<void> {
    this.prunings += 1;
  }

  usage(): HostUsage {
    return idleHost;
  }

  /** As a broker opens it. */
  opened(): OpenedHost {
    return { host: this, hasRoom: () => this.room, close: async () => undefined };
  }

  /** The machine made last. */
  get latest(): FakeMachine {
    const machine = this.made.at(-1);
    if (machine === undefined) throw new Error('no machine was made');
    return machine;
  }

  async adopt(claimed: ReadonlySet<string>) {
    this.claims.push(claimed);
    const alive = this.machines();
    const reaped = alive.filter(({ spec }) => !claimed.has(spec.id));
    for (const machine of reaped) await machine.stop('asked');
    return {
      adopted: alive.filter(({ spec }) => claimed.has(spec.id)),
      reaped: reaped.map(({ spec }) => spec.id),
    };
  }

  async shutDown(how: 'stop' | 'leave'): Promise<void> {
    if (how === 'leave') return;
    for (const machine of this.made) await machine.stop('broker-stopping');
  }

  dispose(): Promise<void> {
    return this.shutDown('stop');
  }
}

const idleHost: HostUsage = {
  at: '2026-01-01T00:00:00.000Z',
  accelerator: 'tcg',
  cpuCount: 2,
  cpuUtilization: 0.25,
  memoryBytes: 8 * 1024 ** 3,
  memoryAvailableBytes: 6 * 1024 ** 3,
  memoryUtilization: 0.25,
  swapUsedBytes: 0,
  ksmSavedBytes: null,
  memoryPressure: null,
  diskBytes: 100 * 1024 ** 3,
  diskAvailableBytes: 50 * 1024 ** 3,
  machines: 0,
  committedBytes: 0,
  utilization: 0.25,
  limits: { cpu: 'none', memory: 'none', processes: 'none' },
};
