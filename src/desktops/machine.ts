import { mkdir, open } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import type { Accelerator } from '../contract/desktop.ts';
import type { Disposable } from '../contract/disposable.ts';
import { CodedError, problem } from '../contract/errors.ts';
import { ConsoleLog } from './console-log.ts';
import type { DesktopSpec, Machine, StopReason } from './engine.ts';
import { faultOf } from './fault.ts';
import type { ImageSource } from './image-source.ts';
import { readyMarker } from './images/manifest.ts';
import { bootOf } from './machine-boot.ts';
import { freeMachine, type MachineRecord, writeRecord } from './machine-record.ts';
import { isOver, type MachineEvent, type MachineState, transition } from './machine-state.ts';
import type { ProcessIdentity } from './process-table.ts';
import { qemuArgs } from './qemu/args.ts';
import { tryToConnect } from './qemu/connect.ts';
import { Guest, type GuestDeps } from './qemu/guest.ts';
import { type GuestAgent, GuestAgentClient } from './qemu/guest-agent.ts';
import { type HostFolders, type MachinePaths, machinePaths } from './qemu/machine-paths.ts';
import { QmpError } from './qemu/qmp-error.ts';
import type { QmpEvent } from './qemu/qmp-schema.ts';
import { type Readiness, waitUntilReady } from './readiness.ts';

export type MachineDeps = HostFolders &
  GuestDeps & {
    images: ImageSource;
    /** Path or name of the program. */
    qemu: string;
    accelerator: Accelerator;
    bootTimeoutMs: number;
  };

/** Milliseconds until QEMU has to answer: a new one has yet to start, one found has no excuse. */
const controlTimeoutMs = { fresh: 20_000, found: 5_000 };

/** How a life ends: by the last event of the state machine, or not at all but out of our hands. */
type Ending = Extract<MachineEvent, { kind: 'process-gone' | 'fault' }> | { kind: 'left' };

/** One desktop on QEMU. */
export class QemuMachine implements Machine {
  readonly spec: DesktopSpec;
  readonly accelerator: Accelerator;
  readonly logs: { console: string; qemu: string };

  readonly #deps: MachineDeps;
  readonly #paths: MachinePaths;
  readonly #agent: GuestAgentClient;
  readonly #listeners = new Set<(state: MachineState) => void>();
  readonly #ending = Promise.withResolvers<Ending>();
  /** Aborted as soon as the ending is known: every stage of the life stops then. */
  readonly #over = new AbortController();
  #state: MachineState;
  #guest: Guest | null = null;
  #console: ConsoleLog | null = null;
  #picture: Promise<Buffer> | null = null;
  #life: Promise<void> = Promise.resolve();

  /** Begins to make a desktop. */
  static start(spec: DesktopSpec, deps: MachineDeps): QemuMachine {
    const machine = new QemuMachine(spec, deps.accelerator, { kind: 'preparing' }, deps);
    machine.#life = machine.#live(() => machine.#make());
    return machine;
  }

  /** Takes over a running guest. @throws CodedError when it cannot be controlled; it runs on. */
  static async adopt(
    record: MachineRecord,
    identity: ProcessIdentity,
    deps: MachineDeps,
  ): Promise<QemuMachine> {
    const machine = new QemuMachine(record.spec, record.accelerator, { kind: 'booting' }, deps);
    try {
      await machine.#control(Guest.found(identity, machine.#paths, deps), controlTimeoutMs.found);
    } catch (error) {
      machine.#letGo();
      throw error;
    }
    machine.#life = machine.#live(() => machine.#boot(record.ready));
    return machine;
  }

  private constructor(
    spec: DesktopSpec,
    accelerator: Accelerator,
    state: MachineState,
    deps: MachineDeps,
  ) {
    this.spec = spec;
    this.accelerator = accelerator;
    this.#state = state;
    this.#deps = deps;
    this.#paths = machinePaths(deps, spec.id);
    this.logs = { console: this.#paths.consoleLog, qemu: this.#paths.qemuLog };
    this.#agent = new GuestAgentClient({ clock: deps.clock, connect: () => this.#callAgent() });
  }

  get state(): MachineState {
    return this.#state;
  }

  get rfbSocket(): string | null {
    const { kind } = this.#state;
    return kind === 'booting' || kind === 'running' ? this.#paths.rfb : null;
  }

  onChange(listener: (state: MachineState) => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  picture(): Promise<Buffer> {
    // One at a time: whoever asks meanwhile is served the same.
    this.#picture ??= this.#takePicture().finally(() => {
      this.#picture = null;
    });
    return this.#picture;
  }

  agent(): GuestAgent {
    return this.#agent;
  }

  stop(reason: StopReason): Promise<void> {
    this.#apply({ kind: 'stop', reason });
    this.#finish({ kind: 'process-gone' });
    return this.#life;
  }

  /** Lets the guest run on for the next broker; before there is one to run, this is a stop. */
  async leave(): Promise<void> {
    if (this.rfbSocket === null) await this.stop('broker-stopping');
    this.#finish({ kind: 'left' });
    await this.#life;
  }

  /** The one flow of a machine. Stages and endings meet here, so nothing is freed twice. */
  async #live(stages: () => Promise<void>): Promise<void> {
    const staged = stages().catch((error: unknown) => {
      // A connection that closed is a guest that was lost, and the guest says why.
      if (error instanceof QmpError && error.fault === 'closed') return;
      this.#finish({ kind: 'fault', problem: faultOf(error) });
    });
    const ending = await this.#ending.promise;
    await staged;
    if (ending.kind === 'left') {
      this.#letGo();
      return;
    }
    await this.#release();
    this.#apply(ending);
  }

  async #make(): Promise<void> {
    const { images, accelerator, qemu } = this.#deps;
    const paths = this.#paths;
    const signal = this.#over.signal;
    const image = await images.find(this.spec.image);
    signal.throwIfAborted();
    const { ready } = image.manifest;
    await this.#makeFolders(ready);
    await images.createOverlay(image, paths.disk, signal);
    signal.throwIfAborted();
    this.#apply({ kind: 'disk-ready' });

    const boot = bootOf(image, this.spec);
    const args = qemuArgs({ ...this.spec, accelerator, boot, paths });
    const guest = await Guest.spawn({ qemu, args }, paths, this.#deps);
    this.#guest = guest;
    await this.#writeRecord(ready, guest.identity);
    await this.#control(guest, controlTimeoutMs.fresh);
    this.#apply({ kind: 'qmp-ready' });
    await this.#boot(ready);
  }

  /** The record comes first: whatever is made after it, a later broker can find and free. */
  async #makeFolders(ready: Readiness): Promise<void> {
    await mkdir(this.#paths.folder, { recursive: true, mode: 0o700 });
    await this.#writeRecord(ready, null);
    await mkdir(this.#paths.sockets, { recursive: true, mode: 0o700 });
    await (await open(this.#paths.consoleLog, 'a', 0o600)).close();
  }

  #writeRecord(ready: Readiness, identity: ProcessIdentity | null): Promise<void> {
    const { spec, accelerator } = this;
    return writeRecord(this.#paths.record, {
      version: 1,
      spec,
      accelerator,
      ready,
      process: identity,
    });
  }

  async #control(guest: Guest, timeoutMs: number): Promise<void> {
    this.#guest = guest;
    void guest.lost.then((reason) => this.#fail(reason));
    await guest.takeControl({ timeoutMs, signal: this.#over.signal }, (event) => {
      this.#react(event, guest);
    });
  }

  async #boot(ready: Readiness): Promise<void> {
    const { clock, bootTimeoutMs } = this.#deps;
    const console = new ConsoleLog(this.#paths.consoleLog, readyMarker);
    this.#console = console;
    await waitUntilReady(
      ready,
      { console, guest: this.#running(), clock },
      { timeoutMs: bootTimeoutMs, signal: this.#over.signal },
    );
    this.#apply({ kind: 'desktop-ready' });
  }

  #react({ event, data }: QmpEvent, guest: Guest): void {
    const inUse = this.#state.kind === 'running';
    if (event === 'BLOCK_IO_ERROR') {
      this.#deps.log.warn({ id: this.spec.id, ...data }, 'the disk of a guest failed');
      // A desktop in use is held until there is room; one that has not begun yet loses nothing.
      if (data.nospace && inUse) guest.waitForRoom();
      else if (data.nospace) this.#finish({ kind: 'fault', problem: problem('disk-full') });
    } else if (data.guest) {
      // Switched off from inside. In use, that is the user's way to ask for the end.
      if (inUse) void this.stop('asked');
      else this.#fail('the guest switched itself off while it booted');
    }
  }

  async #takePicture(): Promise<Buffer> {
    return this.#running().picture('png');
  }

  async #callAgent(): Promise<Duplex> {
    this.#running();
    const socket = await tryToConnect(this.#paths.agent);
    if (socket === null) throw new CodedError('guest-failed', { detail: 'no guest agent' });
    return socket;
  }

  #running(): Guest {
    if (this.#guest === null || this.rfbSocket === null) {
      throw new CodedError('guest-failed', { detail: 'it does not run' });
    }
    return this.#guest;
  }

  #fail(detail: string): void {
    this.#finish({ kind: 'fault', problem: problem('guest-failed', { detail }) });
  }

  /** The first ending counts. */
  #finish(ending: Ending): void {
    this.#ending.resolve(ending);
    this.#over.abort(ending);
  }

  async #release(): Promise<void> {
    try {
      await this.#guest?.end();
      this.#letGo();
      await freeMachine(this.#paths);
    } catch (error) {
      // The record stays, so the next start of the broker tries again.
      this.#deps.log.error({ id: this.spec.id, error }, 'a machine could not be freed');
    }
  }

  #letGo(): void {
    this.#console?.dispose();
    this.#guest?.dispose();
    void this.#agent.dispose();
  }

  #apply(event: MachineEvent): void {
    const next = transition(this.#state, event);
    if (next === this.#state) return;
    this.#state = next;
    this.#deps.log.info({ id: this.spec.id, state: next }, 'machine');
    for (const listener of [...this.#listeners]) listener(next);
    if (isOver(next)) this.#listeners.clear();
  }
}
