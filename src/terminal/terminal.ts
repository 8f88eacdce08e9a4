import type { Disposable } from '../contract/disposable.ts';
import { CodedError, type Problem, problem } from '../contract/errors.ts';
import type { CallArgument, CallResult } from '../contract/ipc.ts';
import type { EnrollmentOffer, StreamOffer, TerminalState } from '../contract/terminal.ts';
import { type EffectDeps, Effects } from './effects.ts';
import type { Context, Effect, TerminalEvent } from './events.ts';
import { initialStep, transition } from './machine.ts';
import type { Vault } from './vault.ts';

export type TerminalDeps = EffectDeps & {
  vault: Vault;
  /** What to use when there is no keychain and the person agrees to go on without one. */
  fallbackVault: Vault | null;
  /** What the enroll screen finds filled in. */
  offer: EnrollmentOffer | null;
  log: (entry: { event: string; state: string; problem?: Problem }) => void;
};

/** These are seen through even when the terminal has long gone to another state. */
const detached: ReadonlySet<Effect['kind']> = new Set([
  'end-session',
  'lock',
  'sign-out',
  'forget',
]);

/**
 * The terminal: one state at a time, changed by events only, each of which the machine judges.
 * Methods that a person's wish calls throw `not-possible-now` when the state has no place for it;
 * what becomes of the wish is told by the states that follow.
 */
export class Terminal implements Disposable {
  readonly #deps: TerminalDeps;
  readonly #effects: Effects;
  readonly #listeners = new Set<(state: TerminalState) => void>();
  readonly #pending = new Map<Effect['kind'], AbortController>();
  readonly #disposed = new AbortController();
  #state: TerminalState = initialStep.state;

  constructor(deps: TerminalDeps) {
    this.#deps = deps;
    this.#effects = new Effects(deps.vault, deps);
  }

  get state(): TerminalState {
    return this.#state;
  }

  /** Origin of the broker that streams may come from, as a WebSocket origin. */
  get streamOrigin(): string | null {
    return this.#effects.broker?.replace(/^https/, 'wss') ?? null;
  }

  onState(listener: (state: TerminalState) => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  start(): void {
    this.#begin(initialStep.effects);
  }

  dispose(): void {
    this.#disposed.abort();
    this.#abortPending();
    this.#listeners.clear();
  }

  async useMemoryVault(): Promise<void> {
    const { fallbackVault } = this.#deps;
    if (fallbackVault === null) throw new CodedError('not-possible-now');
    // Before the effects of this begin, the first of which may be to enroll.
    this.#ask({ kind: 'use-memory-vault' }, () => this.#effects.switchVault(fallbackVault));
  }

  async enroll(offer: CallArgument<'enroll'>): Promise<void> {
    this.#ask({ kind: 'enroll', offer });
  }

  async forgetEnrollment(): Promise<void> {
    this.#ask({ kind: 'forget' });
  }

  async signIn(): Promise<void> {
    this.#ask({ kind: 'sign-in' });
  }

  async signOut(): Promise<void> {
    this.#ask({ kind: 'sign-out' });
  }

  async connect({ desktopId }: CallArgument<'connect'>): Promise<void> {
    this.#ask({ kind: 'connect', desktopId });
  }

  async cancel(): Promise<void> {
    this.#ask({ kind: 'cancel' });
  }

  async retryNow(): Promise<void> {
    this.#ask({ kind: 'retry-now' });
  }

  async disconnect(): Promise<void> {
    this.#ask({ kind: 'disconnect' });
  }

  async endSession({ sessionId }: CallArgument<'endSession'>): Promise<void> {
    this.#ask({ kind: 'end', sessionId });
  }

  async lock(): Promise<void> {
    this.#ask({ kind: 'lock' });
  }

  async unlock(): Promise<void> {
    this.#ask({ kind: 'unlock' });
  }

  /** A report about a stream that is no longer the current one is out of date, not wrong. */
  async reportStream(report: CallArgument<'reportStream'>): Promise<void> {
    const { grant } = report;
    this.#dispatch(
      report.kind === 'live'
        ? { kind: 'stream-live', grant }
        : { kind: 'stream-closed', grant, code: report.code },
    );
  }

  /** @throws not-possible-now when the grant is not the current one; what the broker says */
  async openStream({ grant, channel }: CallArgument<'openStream'>): Promise<StreamOffer> {
    const state = this.#state;
    if (state.kind !== 'streaming' || state.grant.number !== grant) {
      throw new CodedError('not-possible-now', { detail: `stream in ${state.kind}` });
    }
    return this.#effects.openStream(state.session.id, channel, this.#disposed.signal);
  }

  /** @throws not-possible-now unless the session is the one on the screen; what the broker says */
  async answerShadowing(answer: CallArgument<'answerShadowing'>): Promise<void> {
    this.#assertShown(answer.sessionId);
    await this.#effects.answerShadowing(answer, this.#disposed.signal);
  }

  /** @throws as `answerShadowing` does */
  async markMessageRead(read: CallArgument<'markMessageRead'>): Promise<void> {
    this.#assertShown(read.sessionId);
    await this.#effects.markMessageRead(read, this.#disposed.signal);
  }

  /** Resolves when nothing is being written to the vault, nor erased from it. */
  settled(): Promise<void> {
    return this.#effects.settled();
  }

  /** PNG of the screen of a running session. */
  picture(sessionId: string): Promise<Uint8Array> {
    return this.#effects.picture(sessionId);
  }

  /** Asks a desktop to fit itself to the screen of this terminal. */
  fitScreen(wish: CallArgument<'fitScreen'>): Promise<CallResult<'fitScreen'>> {
    return this.#effects.fitScreen(wish);
  }

  #assertShown(sessionId: string): void {
    const state = this.#state;
    const isShown = state.kind === 'streaming' && state.session.id === sessionId;
    if (!isShown) throw new CodedError('not-possible-now', { detail: `session in ${state.kind}` });
  }

  #ask(event: TerminalEvent, prepare?: () => void): void {
    if (!this.#dispatch(event, prepare)) {
      throw new CodedError('not-possible-now', { detail: `${event.kind} in ${this.#state.kind}` });
    }
  }

  /** @param prepare done when the event has a place here, and before anything comes of it */
  #dispatch(event: TerminalEvent, prepare?: () => void): boolean {
    const { log } = this.#deps;
    const step = transition(this.#state, event, this.#context());
    if (step === null) return false;
    prepare?.();
    const moved = step.state.kind !== this.#state.kind;
    this.#state = step.state;
    log({
      event: event.kind,
      state: step.state.kind,
      ...(event.kind === 'failed' ? { problem: event.problem } : {}),
    });
    // Who cancels may stay where they are, as on the lock screen; what was under way stops there too.
    if (moved || event.kind === 'cancel') this.#abortPending();
    for (const listener of this.#listeners) listener(step.state);
    this.#begin(step.effects);
    return true;
  }

  #context(): Context {
    const { clock, random, offer, unattended } = this.#deps;
    const { broker, account } = this.#effects;
    return {
      now: clock.now(),
      random: random(),
      offer,
      unattended: unattended === null ? null : { broker: unattended.broker },
      broker,
      account,
    };
  }

  #begin(effects: Effect[]): void {
    for (const effect of effects) void this.#carryOut(effect);
  }

  async #carryOut(effect: Effect): Promise<void> {
    const signal = this.#signalFor(effect);
    try {
      const event = await this.#effects.run(effect, signal);
      if (event !== null && !signal.aborted) this.#dispatch(event);
    } catch (error) {
      if (signal.aborted) return;
      const failure = problemOf(error);
      if (detached.has(effect.kind)) {
        this.#deps.log({ event: effect.kind, state: this.#state.kind, problem: failure });
        // Of these only the vault's own failure leaves something behind that the person must know.
        if (!failure.code.startsWith('vault-')) return;
      }
      this.#dispatch({ kind: 'failed', problem: failure });
    }
  }

  /** A newer effect of the same kind takes the place of the older one. */
  #signalFor({ kind }: Effect): AbortSignal {
    if (detached.has(kind)) return this.#disposed.signal;
    this.#pending.get(kind)?.abort();
    const controller = new AbortController();
    this.#pending.set(kind, controller);
    return controller.signal;
  }

  #abortPending(): void {
    for (const controller of this.#pending.values()) controller.abort();
    this.#pending.clear();
  }
}

export function createTerminal(deps: TerminalDeps): Terminal {
  return new Terminal(deps);
}

/** What is not a coded error is a bug: it is shown as one rather than hidden. */
function problemOf(error: unknown): Problem {
  if (error instanceof CodedError) return error.problem;
  return problem('internal-error', {
    detail: error instanceof Error ? error.message : String(error),
  });
}
