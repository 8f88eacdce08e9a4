import type { Disposable } from '../../src/contract/disposable.ts';
import { CodedError, type Problem } from '../../src/contract/errors.ts';
import type { DesktopSpec, Host, Machine, StopReason } from '../../src/desktops/engine.ts';
import {
  isOver,
  type MachineEvent,
  type MachineState,
  transition,
} from '../../src/desktops/machine-state.ts';
import type { GuestAgent } from '../../src/desktops/qemu/guest-agent.ts';

/** A machine without a guest: it goes on when the test says so. */
export class FakeMachine implements Machine {
  readonly spec: DesktopSpec;
  readonly accelerator = 'tcg';
  readonly logs: Machine['logs'];
  pictures = 0;
  rfbSocket: string | null;
  /** With true, `stop` waits for the test to call `ended`. */
  slowToStop = false;
  #state: MachineState = { kind: 'preparing' };
  readonly #listeners = new Set<(state: MachineState) => void>();

  constructor(spec: DesktopSpec, rfbSocket: string | null) {
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

  async picture(): Promise<Buffer> {
    this.pictures += 1;
    if (this.#state.kind !== 'running') throw new CodedError('guest-failed');
    return Buffer.from(`picture ${this.pictures}`);
  }

  agent(): GuestAgent {
    throw new CodedError('guest-failed', { detail: 'a fake machine has no agent' });
  }

  async stop(reason: StopReason): Promise<void> {
    this.apply({ kind: 'stop', reason });
    if (!this.slowToStop) this.ended();
  }

  /** What a real machine does on its way up, one after the other. */
  boot(): void {
    for (const kind of ['disk-ready', 'qmp-ready', 'desktop-ready'] as const) this.apply({ kind });
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
  readonly machines: FakeMachine[] = [];
  /** What brokers claimed, one set for each call of `adopt`. */
  readonly claims: ReadonlySet<string>[] = [];
  readonly #options: FakeHostOptions;

  constructor(options: FakeHostOptions = {}) {
    this.#options = options;
  }

  start(spec: DesktopSpec): FakeMachine {
    const machine = new FakeMachine(spec, this.#options.rfbSocket ?? null);
    this.machines.push(machine);
    if (this.#options.bootsAtOnce) machine.boot();
    return machine;
  }

  find(id: string): FakeMachine | null {
    return this.machines.find(({ spec }) => spec.id === id) ?? null;
  }

  /** The machine made last. */
  get latest(): FakeMachine {
    const machine = this.machines.at(-1);
    if (machine === undefined) throw new Error('no machine was made');
    return machine;
  }

  async adopt(claimed: ReadonlySet<string>) {
    this.claims.push(claimed);
    const alive = this.machines.filter(({ state }) => !isOver(state));
    const reaped = alive.filter(({ spec }) => !claimed.has(spec.id));
    for (const machine of reaped) await machine.stop('asked');
    return {
      adopted: alive.filter(({ spec }) => claimed.has(spec.id)),
      reaped: reaped.map(({ spec }) => spec.id),
    };
  }

  async shutDown(how: 'stop' | 'leave'): Promise<void> {
    if (how === 'leave') return;
    for (const machine of this.machines) await machine.stop('broker-stopping');
  }

  dispose(): Promise<void> {
    return this.shutDown('stop');
  }
}
