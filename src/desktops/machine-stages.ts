import type { Clock } from '../contract/clock.ts';
import { CodedError, type Problem, problem } from '../contract/errors.ts';
import type { Origin } from '../contract/host.ts';
import type { WorthAdopting } from './adoption.ts';
import type { Beginning, Driver, Guest, GuestEvent } from './driver.ts';
import type { MachineSpec } from './engine.ts';
import { faultOf } from './fault.ts';
import type { GuestAtHand } from './guest-at-hand.ts';
import { isThere } from './is-there.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Log } from './log.ts';
import type { MachineFiles } from './machine-files.ts';
import { type Holdings, mayBeClone } from './machine-holdings.ts';
import type { Stage } from './machine-record.ts';
import type { ProcessIdentity } from './process-table.ts';
import type { MachinePaths } from './qemu/machine-paths.ts';
import { QmpError } from './qemu/qmp-error.ts';
import { type Readiness, waitUntilReady } from './readiness.ts';
import type { LifeTurns } from './turns.ts';

export type StagesDeps = {
  driver: Driver;
  clock: Clock;
  log: Log;
  /** Milliseconds that a guest has to get ready in. */
  bootTimeoutMs: number;
  turns: LifeTurns;
};

/** The machine whose stages they are. */
type Whole = {
  spec: MachineSpec;
  paths: MachinePaths;
  files: MachineFiles;
  holdings: Holdings;
  hand: GuestAtHand;
  life: Lifecycle;
  /** Aborted when the end is known: each stage stops then. */
  over: AbortSignal;
  /** Ends it by a fault. */
  fail(problem: Problem): void;
  /** Ends a desktop in use that was switched off from inside. */
  switchedOff(): void;
};

type DiskFault = Extract<GuestEvent, { kind: 'disk-fault' }>;

/** How one of its ways is broken off, and learns that it was. */
type Way = Pick<Whole, 'over' | 'fail'>;

/** Milliseconds until a guest has to answer: a new one has yet to start, one found has no excuse. */
const controlTimeoutMs = { fresh: 20_000, found: 5_000 };

/** The way of a machine from nothing, from a process or from a saved state to a guest at work. */
export class MachineStages {
  /** Null until it is decided. */
  origin: Origin | null = null;
  readonly #whole: Whole;
  readonly #deps: StagesDeps;

  constructor(whole: Whole, deps: StagesDeps) {
    this.#whole = whole;
    this.#deps = deps;
  }

  /** From nothing. @throws the fault of each stage; the reason of `over` */
  async make(): Promise<void> {
    const { spec, paths, files, holdings, life, over } = this.#whole;
    await files.make();
    await holdings.openNetwork();
    const beginning = await this.#deps.driver.begin(spec, paths, over);
    const { origin, restore, ready } = beginning;
    this.origin = origin;
    if (mayBeClone(spec) && origin.kind === 'boot') holdings.admit({ isClone: false });
    life.apply({ kind: 'disk-ready' });
    // A clone that was not told yet who it is can't be gone on with by another broker.
    const isBooting = restore === null;
    await this.#begin(
      beginning,
      isBooting ? { stage: 'booting', origin, ready } : { stage: 'beginning' },
      this.#whole,
    );
  }

  /** From its saved state; a fault while that is whole leaves it asleep. @throws as `make` does */
  async wake(): Promise<void> {
    const { hand, life, over, paths, fail } = this.#whole;
    const attempt = new AbortController();
    const isWaking = () => life.state.kind === 'starting' || life.state.kind === 'restoring';
    try {
      await this.#wakeUp({
        over: AbortSignal.any([over, attempt.signal]),
        fail: (fault) => {
          if (isWaking()) attempt.abort(new CodedError(fault.code, fault));
          else fail(fault);
        },
      });
    } catch (error) {
      if (over.aborted) throw error;
      const { guest } = hand;
      await this.#rest();
      const fault = attempt.signal.aborted ? attempt.signal.reason : await reasonOf(error, guest);
      // It is removed before the guest executes again, and changes the disk that it goes with.
      if (!(await isThere(paths.savedState))) throw fault;
      this.#deps.log.warn({ id: this.#whole.spec.id, err: fault }, 'a machine could not be woken');
      life.apply({ kind: 'wake-failed', problem: faultOf(fault) });
    }
  }

  /** Takes control of the process of an earlier broker. @throws guest-failed; it runs on */
  async takeUp(process: ProcessIdentity, { origin }: WorthAdopting): Promise<void> {
    const { spec, paths, holdings } = this.#whole;
    this.origin = origin;
    await holdings.takeUp(process, { isClone: origin.kind === 'clone' });
    const guest = this.#deps.driver.found(process, spec, paths);
    await this.#control(guest, controlTimeoutMs.found, this.#whole);
    // The broker before may have taken memory from it, and nobody else would give that back.
    await guest.balloon(null);
  }

  /** What is left of the way of one that was taken up. @throws guest-boot-timeout, guest-failed */
  async goOn(progress: WorthAdopting): Promise<void> {
    const { hand } = this.#whole;
    if (progress.stage === 'booting') await this.#boot(hand.running, progress);
    else hand.followConsole();
  }

  /** To a saved state and no process. @throws disk-full, suspend-unsupported; it runs on then */
  async fallAsleep(): Promise<void> {
    const { hand, life, paths } = this.#whole;
    const { guest } = hand;
    try {
      await guest?.save(paths.savedState);
    } catch (error) {
      life.apply({ kind: 'suspend-failed' });
      throw error;
    }
    await this.#rest();
    life.apply({ kind: 'suspended' });
  }

  async #wakeUp(way: Way): Promise<void> {
    const { spec, paths, files, holdings } = this.#whole;
    await files.refresh();
    await holdings.openNetwork();
    const origin = this.origin ?? { kind: 'boot', reason: '' };
    const beginning = await this.#deps.driver.wake(spec, paths, origin, way.over);
    await this.#begin(beginning, { stage: 'at-work', origin }, way);
  }

  /** Ends its process, and frees what belongs to that. What stays is on the disk. */
  async #rest(): Promise<void> {
    const { spec, hand, holdings, files } = this.#whole;
    try {
      await hand.drop()?.end();
      await holdings.detach();
      await files.freeSockets();
    } catch (error) {
      // No reason to give up what was saved.
      this.#deps.log.error({ id: spec.id, err: error }, 'what a machine held could not be freed');
    }
  }

  async #begin(beginning: Beginning, meanwhile: Stage, way: Way): Promise<void> {
    const { boots, restores } = this.#deps.turns;
    const turn = await (beginning.restore === null ? boots : restores).take(way.over);
    try {
      await this.#comeToLife(beginning, meanwhile, way);
    } finally {
      turn.dispose();
    }
  }

  async #comeToLife(
    { spawn, restore, origin, ready }: Beginning,
    meanwhile: Stage,
    way: Way,
  ): Promise<void> {
    const { files, holdings, hand, life } = this.#whole;
    const guest = await spawn();
    hand.take(guest);
    await files.write(guest.identity, meanwhile);
    const attached = holdings.attach(guest.identity);
    // Waited for whatever becomes of the rest: what is taken after the end is never given back.
    await Promise.all([attached, this.#control(guest, controlTimeoutMs.fresh, way)]).finally(() =>
      attached.catch(() => undefined),
    );
    life.apply({ kind: 'process-ready', next: restore === null ? 'booting' : 'restoring' });
    if (restore === null) return await this.#boot(guest, { origin, ready });
    await restore(way.over);
    hand.followConsole();
    await files.write(guest.identity, { stage: 'at-work', origin });
    way.over.throwIfAborted();
    life.apply({ kind: 'desktop-ready' });
  }

  async #boot(
    guest: Guest,
    { origin, ready }: { origin: Origin; ready: Readiness },
  ): Promise<void> {
    const { files, hand, life, over } = this.#whole;
    const { clock, bootTimeoutMs } = this.#deps;
    const console = hand.followConsole();
    const limits = { timeoutMs: bootTimeoutMs, signal: over };
    await waitUntilReady(ready, { console, guest, clock }, limits);
    await files.write(guest.identity, { stage: 'at-work', origin });
    life.apply({ kind: 'desktop-ready' });
  }

  async #control(guest: Guest, timeoutMs: number, { over, fail }: Way): Promise<void> {
    const { hand } = this.#whole;
    hand.take(guest);
    void guest.lost.then((detail) => {
      // That of one which was put to sleep is gone as it should.
      if (hand.guest === guest) fail(problem('guest-failed', { detail }));
    });
    await guest.takeControl({ timeoutMs, signal: over }, (event) =>
      this.#react(event, guest, fail),
    );
  }

  #react(event: GuestEvent, guest: Guest, fail: Way['fail']): void {
    const { life, switchedOff } = this.#whole;
    if (event.kind === 'disk-fault') {
      this.#suffer(event, guest, fail);
    } else if (event.kind === 'disk-has-room') {
      life.apply({ kind: 'disk-has-room' });
    } else if (life.state.kind === 'running') {
      switchedOff();
    } else {
      const detail = 'the guest switched itself off before it was ready';
      fail(problem('guest-failed', { detail }));
    }
  }

  /** A desktop in use is held until there is room, or goes on as it can; one not begun is lost. */
  #suffer({ noSpace, reason }: DiskFault, guest: Guest, fail: Way['fail']): void {
    const { spec, life } = this.#whole;
    const fault = noSpace ? problem('disk-full') : problem('disk-damaged', { detail: reason });
    const { kind } = life.state;
    const inUse = kind === 'running' || kind === 'suspending';
    this.#deps.log.warn({ id: spec.id, noSpace, reason }, 'the disk of a guest failed');
    life.apply({ kind: 'disk-fault', problem: fault });
    if (!inUse) fail(fault);
    else if (noSpace) guest.waitForRoom();
  }
}

/** A connection that closed is a guest that was lost, and the guest, which has ended, says why. */
async function reasonOf(error: unknown, guest: Guest | null): Promise<unknown> {
  const isLost = error instanceof QmpError && error.fault === 'closed';
  if (!isLost || guest === null) return error;
  return new CodedError('guest-failed', { detail: await guest.lost, cause: error });
}
