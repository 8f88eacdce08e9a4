import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../contract/clock.ts';
import type { Disposable } from '../../contract/disposable.ts';
import { type Problem, problem } from '../../contract/errors.ts';
import type { Session, StepName } from '../../contract/session.ts';
import type { SessionPolicy } from '../../contract/session-policy.ts';
import type { Machine, StopReason } from '../../desktops/engine.ts';
import type { MachineState } from '../../desktops/machine-state.ts';
import {
  advance,
  type BootProgress,
  type ExpectedDurations,
  finishedBetween,
  stepsOf,
} from './boot-progress.ts';
import {
  isLive,
  isOver,
  nextSessionState,
  type SessionEvent,
  type SessionState,
} from './session-state.ts';
import type { Lease } from './supply.ts';

export type LiveSessionDeps = {
  clock: Clock;
  lease: Lease;
  /** Writes the session down as it is now; calls come in the order of the changes. */
  save(session: LiveSession): void;
  /** A step of the boot was seen from its beginning to its end. */
  onStep(session: LiveSession, step: { name: StepName; durationMs: number }): void;
};

export type LiveSessionFacts = {
  id: string;
  userId: string;
  terminalId: string | null;
  desktop: Session['desktop'] & { image: string };
  state: SessionState;
  revision: number;
  startedAt: number;
  expiresAt: number;
  usedAt: number;
  policy: SessionPolicy;
  boot: BootProgress;
  expected: ExpectedDurations;
};

const endProblems: Record<StopReason, Problem | null> = {
  asked: null,
  expired: problem('stream-time-limit'),
  'broker-stopping': problem('session-ended', { detail: 'the broker was stopped' }),
};

const stepOfMachine: Partial<Record<MachineState['kind'], StepName>> = {
  preparing: 'preparing-disk',
  starting: 'starting-machine',
  booting: 'booting',
  restoring: 'booting',
  running: 'drawing',
};

/** A session whose machine exists: follows the machine, and tells whoever follows the session. */
export class LiveSession implements Disposable {
  readonly #deps: LiveSessionDeps;
  readonly #facts: LiveSessionFacts;
  readonly #listeners = new Set<() => void>();
  readonly #machineChanges: Disposable;
  readonly #expiry: Disposable;
  #problem: Problem | null = null;

  constructor(deps: LiveSessionDeps, facts: LiveSessionFacts) {
    this.#deps = deps;
    this.#facts = { ...facts };
    this.#machineChanges = deps.lease.machine.onChange((state) => this.#follow(state));
    this.#expiry = deps.clock.after(facts.expiresAt - deps.clock.now(), () => this.end('expired'));
    this.#follow(deps.lease.machine.state);
  }

  get facts(): Readonly<LiveSessionFacts> {
    return this.#facts;
  }
  get machine(): Machine {
    return this.#deps.lease.machine;
  }
  /** Whether its machine goes on without it. */
  get outlivesSession(): boolean {
    return this.#deps.lease.outlivesSession;
  }
  get problem(): Problem | null {
    return this.#problem;
  }

  view(): Session {
    const { id, desktop, state, revision, startedAt, expiresAt, policy, boot, expected } =
      this.#facts;
    return {
      id,
      desktop: { id: desktop.id, name: desktop.name, engine: desktop.engine },
      state,
      steps: stepsOf(boot, expected, this.#deps.clock.now()),
      revision,
      startedAt: new Date(startedAt).toISOString(),
      expiresAt: new Date(expiresAt).toISOString(),
      accelerator: this.machine.accelerator,
      problem: this.#problem,
      policy,
    };
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  /** Gives the session to a terminal, or, with null, takes it from the one that has it. */
  moveTo(terminalId: string | null): void {
    const moved = this.#facts.terminalId !== terminalId;
    this.#facts.terminalId = terminalId;
    this.#facts.usedAt = this.#deps.clock.now();
    // Whoever streams it elsewhere follows the changes, and leaves.
    if (moved) this.#changed();
    else this.save();
  }

  /** What may be done in it from now on. */
  govern(policy: SessionPolicy): void {
    if (isDeepStrictEqual(policy, this.#facts.policy)) return;
    this.#facts.policy = policy;
    this.#changed();
  }

  /** Writes it down as it is. */
  save(): void {
    this.#deps.save(this);
  }

  /** The first frame of the screen has reached the terminal. */
  drawn(): void {
    if (this.#facts.state === 'running') this.#advance('done');
  }

  /** Destroys the desktop. Whoever follows sees `ending` now and `ended` when all is freed. */
  end(reason: StopReason): void {
    if (isOver(this.#facts.state) || this.#facts.state === 'ending') return;
    this.#problem = endProblems[reason];
    this.#apply('end-asked');
    this.#endLease(reason);
  }

  /** Goes on with an end that an earlier broker began, and wrote down with this problem. */
  endOn(problem: Problem | null): void {
    this.#problem = problem;
    this.#endLease('asked');
  }

  /** Brings it back from disk, where it is suspended; resolves when it runs. @throws host-full, and the problem of one that can't be woken and sleeps on */
  async wake(): Promise<void> {
    this.#facts.usedAt = this.#deps.clock.now();
    if (this.machine.state.kind === 'running') return;
    await this.machine.wake();
  }

  /** The broker stops: what the lease keeps is brought to rest. */
  async release(): Promise<void> {
    await this.#deps.lease.end('broker-stopping');
  }

  dispose(): void {
    this.#machineChanges.dispose();
    this.#expiry.dispose();
    this.#listeners.clear();
  }

  #endLease(reason: StopReason): void {
    const { lease } = this.#deps;
    // Asked before: who has given it back does not count any more.
    const { outlivesSession } = lease;
    void lease.end(reason);
    if (outlivesSession) this.#apply('machine-stopped');
  }

  #follow(machine: MachineState): void {
    const step = stepOfMachine[machine.kind];
    if (step !== undefined) this.#advance(step);
    if (machine.kind === 'running') this.#runs(machine.problem ?? null);
    if (machine.kind === 'suspended' && this.#facts.state !== 'ending') {
      this.#problem = machine.problem ?? null;
      this.#apply('machine-suspended');
    }
    if (machine.kind === 'starting' && this.#facts.state === 'suspended') {
      // What went wrong the last time may not go wrong again.
      this.#problem = null;
      this.#apply('machine-waking');
    }
    if (machine.kind === 'stopped') {
      // What it suffered from while it ran is not why it ended.
      if (this.#facts.state !== 'ending') this.#problem = endProblems[machine.reason];
      this.#apply('machine-stopped');
    }
    if (machine.kind === 'failed') {
      if (this.#facts.state !== 'ending') this.#problem = machine.problem;
      this.#apply('machine-failed');
    }
  }

  #runs(suffered: Problem | null): void {
    const { state } = this.#facts;
    if (!isLive(state)) return;
    const isNews = suffered?.code !== this.#problem?.code;
    this.#problem = suffered;
    if (state !== 'running') this.#apply('machine-running');
    else if (isNews) this.#changed();
  }

  #advance(step: StepName | 'done'): void {
    const before = this.#facts.boot;
    const after = advance(before, step, this.#deps.clock.now());
    if (after === before) return;
    this.#facts.boot = after;
    for (const finished of finishedBetween(before, after)) this.#deps.onStep(this, finished);
    this.#changed();
  }

  #apply(event: SessionEvent): void {
    const next = nextSessionState(this.#facts.state, event);
    if (next === this.#facts.state) return;
    this.#facts.state = next;
    this.#changed();
  }

  #changed(): void {
    this.#facts.revision += 1;
    this.save();
    for (const listener of [...this.#listeners]) listener();
  }
}
