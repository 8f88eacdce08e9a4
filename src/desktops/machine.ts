import { pause } from '../contract/clock.ts';
import type { Accelerator } from '../contract/desktop.ts';
import type { Disposable } from '../contract/disposable.ts';
import type { MachineUsage, Origin } from '../contract/host.ts';
import type { Verdict } from './adoption.ts';
import type { Machine, MachineSpec, StopReason } from './engine.ts';
import { faultOf } from './fault.ts';
import { GuestAtHand } from './guest-at-hand.ts';
import { Lifecycle } from './lifecycle.ts';
import { MachineFiles } from './machine-files.ts';
import { Holdings, type HoldingsDeps, mayBeClone } from './machine-holdings.ts';
import { MachineStages, type StagesDeps } from './machine-stages.ts';
import type { MachineEvent, MachineState } from './machine-state.ts';
import type { GuestAgent } from './qemu/guest-agent.ts';
import { type HostFolders, type MachinePaths, machinePaths } from './qemu/machine-paths.ts';
import { QmpError } from './qemu/qmp-error.ts';

export type MachineDeps = HostFolders & HoldingsDeps & StagesDeps;

/** How a life ends: by the last event of the state machine, or not at all but out of our hands. */
type Ending = Extract<MachineEvent, { kind: 'process-gone' | 'fault' }> | { kind: 'left' };

/** One guest, of whatever kind its driver makes. */
export class GuestMachine implements Machine {
  readonly spec: MachineSpec;
  readonly accelerator: Accelerator | null;
  readonly logs: { console: string; qemu: string };

  readonly #deps: MachineDeps;
  readonly #paths: MachinePaths;
  readonly #files: MachineFiles;
  readonly #holdings: Holdings;
  readonly #life: Lifecycle;
  readonly #stages: MachineStages;
  readonly #hand: GuestAtHand;
  readonly #ending = Promise.withResolvers<Ending>();
  /** Aborted as soon as the ending is known: every stage of the life stops then. */
  readonly #over = new AbortController();
  /** What holds the guest for a while: a suspension, a waking, a copy of its disk. Never rejects. */
  #errands: Promise<void> = Promise.resolve();
  #lived: Promise<void> = Promise.resolve();

  /** Begins to make a machine. @throws host-full */
  static start(spec: MachineSpec, deps: MachineDeps): GuestMachine {
    const machine = new GuestMachine(spec, { kind: 'preparing' }, deps);
    machine.#holdings.admit({ isClone: mayBeClone(spec) });
    machine.#lived = machine.#live(() => machine.#stages.make());
    return machine;
  }

  /** Takes over a running guest. @throws CodedError when it cannot be controlled; it runs on. */
  static async takeOver(
    { record, progress, process }: Extract<Verdict, { kind: 'take-over' }>,
    deps: MachineDeps,
  ): Promise<GuestMachine> {
    const kind = progress.stage === 'booting' ? 'booting' : 'running';
    const machine = new GuestMachine(record.spec, { kind }, deps);
    try {
      await machine.#stages.takeUp(process, progress);
    } catch (error) {
      machine.#hand.dispose();
      await machine.#holdings.leave();
      throw error;
    }
    machine.#lived = machine.#live(() => machine.#stages.goOn(progress));
    return machine;
  }

  /** Takes over one that has no process, but a saved state. */
  static resume(
    { record, progress }: Extract<Verdict, { kind: 'suspended' }>,
    deps: MachineDeps,
  ): GuestMachine {
    const machine = new GuestMachine(record.spec, { kind: 'suspended' }, deps);
    machine.#stages.origin = progress.origin;
    machine.#lived = machine.#live(async () => undefined);
    return machine;
  }

  private constructor(spec: MachineSpec, state: MachineState, deps: MachineDeps) {
    this.spec = spec;
    this.accelerator = deps.driver.accelerator;
    this.#deps = deps;
    this.#paths = machinePaths(deps, spec.id);
    this.logs = { console: this.#paths.consoleLog, qemu: this.#paths.qemuLog };
    this.#files = new MachineFiles(spec, this.accelerator, this.#paths);
    this.#holdings = new Holdings(spec, this.#paths, deps);
    this.#life = new Lifecycle(state);
    this.#life.onChange((next) => deps.log.info({ id: spec.id, state: next }, 'machine'));
    this.#hand = new GuestAtHand(this.#paths, deps.clock, () => this.rfbSocket !== null);
    this.#stages = new MachineStages(
      {
        spec,
        paths: this.#paths,
        files: this.#files,
        holdings: this.#holdings,
        hand: this.#hand,
        life: this.#life,
        over: this.#over.signal,
        fail: (problem) => this.#finish({ kind: 'fault', problem }),
        // That is the user's way to ask for the end.
        switchedOff: () => void this.stop('asked'),
      },
      deps,
    );
  }

  get state(): MachineState {
    return this.#life.state;
  }

  get origin(): Origin | null {
    return this.#stages.origin;
  }

  get rfbSocket(): string | null {
    const { kind } = this.state;
    return kind === 'booting' || kind === 'running' ? this.#paths.rfb : null;
  }

  onChange(listener: (state: MachineState) => void): Disposable {
    return this.#life.onChange(listener);
  }

  picture(): Promise<Buffer> {
    return this.#hand.picture();
  }

  agent(): GuestAgent {
    return this.#hand.agent;
  }

  usage(): MachineUsage | null {
    return this.#deps.accountant.usageOf(this.spec.id);
  }

  async balloon(targetMb: number | null): Promise<void> {
    await this.#hand.running.balloon(targetMb);
  }

  snapshotDisk(path: string): Promise<void> {
    return this.#inTurn(() => this.#hand.running.snapshotDisk(path));
  }

  suspend(): Promise<void> {
    if (this.state.kind !== 'running') return this.#errands;
    this.#life.apply({ kind: 'suspend' });
    return this.#inTurn(() => this.#stages.fallAsleep());
  }

  async wake(): Promise<void> {
    if (this.state.kind === 'suspending') await this.#errands;
    if (this.state.kind === 'suspended') {
      this.#holdings.admit({ isClone: false });
      this.#life.apply({ kind: 'wake' });
      void this.#inTurn(() => this.#orFail(() => this.#stages.wake()));
    }
    await this.#life.running();
  }

  async shutDown(patienceMs: number): Promise<void> {
    const isKept = this.spec.disk.kind === 'kept';
    // One that is about to sleep or to wake would be cut off from its disk.
    await this.#idle();
    // One that can't be woken can't be asked.
    if (this.state.kind === 'suspended' && isKept) await this.wake().catch(() => undefined);
    if (this.state.kind === 'running') await this.#askToEnd(patienceMs);
    await this.stop('asked');
  }

  stop(reason: StopReason): Promise<void> {
    this.#life.apply({ kind: 'stop', reason });
    this.#finish({ kind: 'process-gone' });
    return this.#lived;
  }

  /** Leaves the guest to the next broker; before there is one that could go on, this is a stop. */
  async leave(): Promise<void> {
    await this.#idle();
    if (this.rfbSocket === null && this.state.kind !== 'suspended') {
      await this.stop('broker-stopping');
    }
    this.#finish({ kind: 'left' });
    await this.#lived;
  }

  /** The one flow of a machine. Stages and endings meet here, so nothing is freed twice. */
  async #live(stages: () => Promise<void>): Promise<void> {
    const staged = this.#orFail(stages);
    const ending = await this.#ending.promise;
    await staged;
    await this.#errands;
    if (ending.kind === 'left') {
      this.#hand.dispose();
      await this.#holdings.leave();
      return;
    }
    await this.#release();
    this.#life.apply(ending);
  }

  async #askToEnd(patienceMs: number): Promise<void> {
    const patience = new AbortController();
    await this.#hand.running.powerDown().catch(() => undefined); // it is stopped all the same
    const late = pause(this.#deps.clock, patienceMs, patience.signal).catch(() => undefined);
    await Promise.race([this.#lived, late]);
    patience.abort();
  }

  /** Resolves when nothing holds the guest: who waited for the one errand may have begun the next. */
  async #idle(): Promise<void> {
    const last = this.#errands;
    await last;
    if (last !== this.#errands) await this.#idle();
  }

  /** One after the other; a fault of one is not one of the next. */
  #inTurn(errand: () => Promise<void>): Promise<void> {
    const turn = this.#errands.then(errand);
    this.#errands = turn.catch(() => undefined); // the caller of `turn` hears of it
    return turn;
  }

  /** Ends the machine when its stages fail. */
  async #orFail(stages: () => Promise<void>): Promise<void> {
    try {
      await stages();
    } catch (error) {
      // A connection that closed is a guest that was lost, and the guest says why.
      if (error instanceof QmpError && error.fault === 'closed') return;
      this.#finish({ kind: 'fault', problem: faultOf(error) });
    }
  }

  /** The first ending counts. */
  #finish(ending: Ending): void {
    this.#ending.resolve(ending);
    this.#over.abort(ending);
  }

  async #release(): Promise<void> {
    try {
      await this.#hand.guest?.end();
      this.#hand.dispose();
      await this.#files.free();
    } catch (error) {
      // The record stays, so the next start of the broker tries again.
      this.#deps.log.error({ id: this.spec.id, error }, 'a machine could not be freed');
    }
    await this.#holdings.release().catch((error: unknown) => {
      this.#deps.log.error({ id: this.spec.id, error }, 'what a machine held could not be freed');
    });
  }
}
