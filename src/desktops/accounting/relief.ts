import type { Clock } from '../../contract/clock.ts';
import type { Disposable } from '../../contract/disposable.ts';
import type { HostUsage } from '../../contract/host.ts';
import type { Machine } from '../engine.ts';
import type { Log } from '../log.ts';
import { type ReliefPolicy, type ReliefState, reliefState } from './relief-policy.ts';

const MiB = 1024 ** 2;

/** What relief has to do with a machine. */
export type Squeezable = Pick<Machine, 'spec' | 'state' | 'origin' | 'usage' | 'balloon'>;

export type ReliefDeps = {
  host: () => Pick<HostUsage, 'memoryAvailableBytes' | 'memoryPressure'>;
  /** Bytes that are to stay available. */
  reserveBytes: () => number;
  machines: () => readonly Squeezable[];
  /** Balloons are not enough: somebody has to go. Called again while that is so. */
  onPressure: () => void;
  policy: ReliefPolicy;
  clock: Clock;
  log: Log;
};

export type Relief = Disposable & { readonly state: ReliefState };

/**
 * Looks every few seconds whether memory gets short, takes it from idle guests that have booted
 * (clones share theirs, and would give back little), and returns it when there is room again. How
 * much a guest needs cannot be seen from outside, so it is taken in steps; a guest that runs out
 * takes it back by itself (`deflate-on-oom` of the balloon).
 */
export function createRelief(deps: ReliefDeps): Relief {
  return new SteppedRelief(deps);
}

class SteppedRelief implements Relief {
  state: ReliefState = 'calm';
  readonly #deps: ReliefDeps;
  /** What squeezed machines have, in MiB. */
  readonly #targets = new Map<string, number>();
  #timer: Disposable;
  #lastHelpAt = Number.NEGATIVE_INFINITY;

  constructor(deps: ReliefDeps) {
    this.#deps = deps;
    this.#timer = this.#arm();
  }

  dispose(): void {
    this.#timer.dispose();
  }

  #arm(): Disposable {
    const { clock, policy } = this.#deps;
    return clock.after(policy.everyMs, () => {
      this.#timer = this.#arm();
      this.#round();
    });
  }

  #round(): void {
    const { host, reserveBytes, machines, policy, log } = this.#deps;
    const all = machines();
    this.#forgetAllBut(all);
    const running = all.filter(({ state }) => state.kind === 'running');
    const { memoryAvailableBytes: available, memoryPressure } = host();
    const reserve = reserveBytes();
    const candidates = running.filter((machine) => this.#canGive(machine));
    const state = reliefState({
      short: available < reserve || (memoryPressure ?? 0) >= policy.pressure,
      roomy: available >= policy.roomy * reserve,
      canSqueeze: candidates.length > 0,
      squeezed: this.#targets.size > 0,
    });
    if (state !== this.state) log.info({ from: this.state, to: state, available }, 'memory relief');
    this.state = state;
    switch (state) {
      case 'calm':
        return;
      case 'squeezing':
        this.#squeeze(candidates, reserve - available);
        return;
      case 'pressed':
        this.#callForHelp();
        return;
      case 'holding':
        this.#giveBack(
          running.filter((machine) => !this.#isIdle(machine)),
          available - reserve,
        );
        return;
      case 'restoring':
        this.#giveBack(running, available - reserve);
        return;
    }
  }

  /** Asks as many as make up for what is short, those that have most first. */
  #squeeze(candidates: readonly Squeezable[], shortBytes: number): void {
    let wonMb = 0;
    for (const machine of candidates.toSorted((a, b) => this.#targetOf(b) - this.#targetOf(a))) {
      const before = this.#targetOf(machine);
      const target = Math.max(this.#floorOf(machine), before - this.#stepOf(machine));
      this.#targets.set(machine.spec.id, target);
      this.#balloon(machine, target);
      wonMb += before - target;
      if (wonMb * MiB >= shortBytes) return;
    }
  }

  /** One at a time, and to one that works before one that does not; the next look tells of the room left. */
  #giveBack(running: readonly Squeezable[], roomBytes: number): void {
    const waiting = running
      .filter((machine) => this.#targets.has(machine.spec.id))
      .toSorted((a, b) => Number(this.#isIdle(a)) - Number(this.#isIdle(b)));
    const fits = (machine: Squeezable) =>
      (machine.spec.memoryMb - this.#targetOf(machine)) * MiB <= roomBytes;
    const machine = waiting.find(fits);
    if (machine === undefined) return;
    this.#targets.delete(machine.spec.id);
    this.#balloon(machine, null);
  }

  #callForHelp(): void {
    const { clock, policy, onPressure } = this.#deps;
    if (clock.now() - this.#lastHelpAt < policy.helpEveryMs) return;
    this.#lastHelpAt = clock.now();
    onPressure();
  }

  #balloon(machine: Squeezable, targetMb: number | null): void {
    const { id } = machine.spec;
    machine.balloon(targetMb).catch((error: unknown) => {
      this.#deps.log.warn({ machine: id, targetMb, err: error }, 'the balloon did not answer');
    });
  }

  #canGive(machine: Squeezable): boolean {
    const { spec, origin } = machine;
    if (spec.engine !== 'para' || origin?.kind !== 'boot' || !this.#isIdle(machine)) return false;
    return this.#targetOf(machine) > this.#floorOf(machine);
  }

  /** One that was not measured yet has only begun. */
  #isIdle(machine: Squeezable): boolean {
    const usage = machine.usage();
    return usage !== null && usage.cpus < this.#deps.policy.idleCpus;
  }

  #targetOf({ spec }: Squeezable): number {
    return this.#targets.get(spec.id) ?? spec.memoryMb;
  }

  #floorOf({ spec }: Squeezable): number {
    return Math.ceil(spec.memoryMb * this.#deps.policy.floor);
  }

  #stepOf({ spec }: Squeezable): number {
    return Math.ceil(spec.memoryMb * this.#deps.policy.step);
  }

  /** A suspended one is kept: its balloon is part of what was saved. */
  #forgetAllBut(machines: readonly Squeezable[]): void {
    const ids = new Set(machines.map(({ spec }) => spec.id));
    for (const id of this.#targets.keys()) if (!ids.has(id)) this.#targets.delete(id);
  }
}
