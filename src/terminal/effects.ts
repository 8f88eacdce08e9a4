import type { ScreenFit } from '../contract/broker-api.ts';
import { pause } from '../contract/clock.ts';
import { CodedError, type ErrorCode } from '../contract/errors.ts';
import type { CallArgument } from '../contract/ipc.ts';
import type { StreamChannel } from '../contract/stream-channel.ts';
import type { StreamOffer } from '../contract/terminal.ts';
import { Enrolled } from './enrolled.ts';
import { Enrolling, type EnrollingDeps } from './enrolling.ts';
import type { Effect, TerminalEvent } from './events.ts';
import { IdentityKeeper } from './identity-keeper.ts';
import { persist, revoke } from './persist.ts';
import { followSession, requestStream, watchSession } from './session-calls.ts';
import { resumeSession, type SignInDeps, signInByAccount, signInByPage } from './sign-in.ts';
import type { TerminalIdentity, Vault } from './vault.ts';

export type EffectDeps = EnrollingDeps &
  SignInDeps & {
    /** Holds once nothing is left here of whoever was signed in before. */
    vacated(): Promise<void>;
  };

type EffectOf<K extends Effect['kind']> = Extract<Effect, { kind: K }>;

/**
 * What a broker says that only starts, or has too much to do, or whose administrator has yet to see
 * to the token, rather than refuses for good.
 */
const passing: readonly ErrorCode[] = [
  'broker-certificate-expired',
  'broker-name-wrong',
  'broker-unreachable',
  'enrollment-token-used-up',
  'enrollment-token-wrong',
  'internal-error',
  'store-unreachable',
  'too-many-requests',
];

/**
 * Carries out what the machine asks for, and holds what no state may hold: the identity and the
 * tokens.
 */
export class Effects {
  readonly #deps: EffectDeps;
  readonly #enrolling: Enrolling;
  #vault: Vault;
  #keeper: IdentityKeeper | null = null;
  #erased: Promise<void> = Promise.resolve();
  #enrolled: Enrolled | null = null;
  #grants = 0;
  /** Aborted when somebody signs in: then no earlier sign-out is to be told any more. */
  #leaving = new AbortController();

  constructor(vault: Vault, deps: EffectDeps) {
    this.#vault = vault;
    this.#deps = deps;
    this.#enrolling = new Enrolling(deps);
  }

  get broker(): string | null {
    return this.#enrolled?.broker ?? null;
  }

  /** Whether the terminal has an account of its own, as far as the broker has said. */
  get account(): boolean {
    return (this.#enrolled?.profile?.account ?? null) !== null;
  }

  switchVault(vault: Vault): void {
    this.#vault = vault;
  }

  /** The event that the effect ends with; null where there is nothing to tell. */
  async run(effect: Effect, signal: AbortSignal): Promise<TerminalEvent | null> {
    switch (effect.kind) {
      case 'read-vault':
        return this.#readVault();
      case 'resume':
        return this.#resume(signal);
      case 'enroll':
        return {
          kind: 'enrollment-requested',
          request: await this.#enrolling.request(effect.offer, this.#vault, signal),
        };
      case 'enroll-unattended':
        return this.#enrollUnattended(signal);
      case 'await-approval':
        return this.#enrolledAs(await this.#enrolling.approved(signal), signal);
      case 'greet':
        await this.#known().greet(signal);
        return { kind: 'greeted' };
      case 'sign-in':
        return this.#signIn(effect, signal);
      case 'sign-in-account':
        return this.#signInAccount(signal);
      case 'list-desktops': {
        const { desktops } = await this.#known().client.call('listDesktops', { signal });
        return { kind: 'desktops-listed', desktops };
      }
      case 'start-session': {
        const call = { body: { desktopId: effect.desktopId }, signal };
        const session = await this.#known().client.call('createSession', call);
        return { kind: 'session-changed', session };
      }
      case 'follow-session': {
        const session = await followSession(this.#known().client, effect.session, signal);
        return { kind: 'session-changed', session };
      }
      case 'watch-session': {
        const { client } = this.#known();
        const session = await watchSession(client, effect.session, this.#deps.clock, signal);
        return { kind: 'session-changed', session };
      }
      case 'request-ticket': {
        this.#grants += 1;
        const { client } = this.#known();
        const number = this.#grants;
        const offer = await requestStream(client, effect.sessionId, 'screen-1', signal);
        return { kind: 'ticket-granted', grant: { number, ...offer } };
      }
      case 'wait-until': {
        const { clock } = this.#deps;
        await pause(clock, Math.max(0, effect.at - clock.now()), signal);
        return { kind: 'due' };
      }
      case 'end-session':
        return this.#endSession(effect, signal);
      case 'lock':
        return this.#lock(signal);
      case 'sign-out':
        return this.#signOut(signal);
      case 'forget':
        return this.#forget(signal);
    }
  }

  /** Resolves when nothing is being written to the vault, nor erased from it. */
  async settled(): Promise<void> {
    await Promise.all([this.#keeper?.settled, this.#erased]);
  }

  openStream(sessionId: string, channel: StreamChannel, signal: AbortSignal): Promise<StreamOffer> {
    return requestStream(this.#known().client, sessionId, channel, signal);
  }

  async answerShadowing(
    { sessionId, shadowing, answer }: CallArgument<'answerShadowing'>,
    signal: AbortSignal,
  ): Promise<void> {
    const call = { params: { id: sessionId, shadowing }, body: { answer }, signal };
    await this.#known().client.call('answerShadowing', call);
  }

  async markMessageRead(
    { sessionId, message }: CallArgument<'markMessageRead'>,
    signal: AbortSignal,
  ): Promise<void> {
    const call = { params: { id: sessionId, message }, signal };
    await this.#known().client.call('markMessageRead', call);
  }

  /** PNG of the screen of a running session. */
  async picture(sessionId: string): Promise<Uint8Array> {
    return this.#known().client.call('sessionPicture', { params: { id: sessionId } });
  }

  /** Asks a desktop to fit itself to the screen of this terminal. */
  async fitScreen({ sessionId, ...wish }: CallArgument<'fitScreen'>): Promise<ScreenFit> {
    const call = { params: { id: sessionId }, body: wish };
    return this.#known().client.call('fitScreen', call);
  }

  async #readVault(): Promise<TerminalEvent> {
    const identity = await this.#vault.read();
    if (identity === null || this.#enrolling.replaces(identity)) {
      return { kind: 'identity-missing' };
    }
    const { broker } = await this.#know(identity);
    return { kind: 'identity-found', broker };
  }

  async #resume(signal: AbortSignal): Promise<TerminalEvent> {
    const enrolled = this.#known();
    await enrolled.greet(signal);
    const resumed = this.#keeper?.identity.resumable ? await resumeSession(enrolled, signal) : null;
    return resumed === null
      ? { kind: 'nothing-to-resume', broker: enrolled.broker }
      : { kind: 'resumed', ...resumed };
  }

  async #enrollUnattended(signal: AbortSignal): Promise<TerminalEvent> {
    try {
      const identity = await this.#enrolling.unattended(this.#vault, signal);
      return await this.#enrolledAs(identity, signal);
    } catch (error) {
      if (!(error instanceof CodedError && passing.includes(error.code))) throw error;
      return { kind: 'enrollment-delayed', problem: error.problem };
    }
  }

  async #enrolledAs(identity: TerminalIdentity, signal: AbortSignal): Promise<TerminalEvent> {
    await this.#vault.write(identity);
    const enrolled = await this.#know(identity);
    this.#enrolling.done();
    await enrolled.greet(signal).catch(() => {
      // It is enrolled all the same, and asks again as long as nobody signs in.
    });
    return { kind: 'enrolled', broker: identity.broker };
  }

  async #signIn({ expected }: EffectOf<'sign-in'>, signal: AbortSignal): Promise<TerminalEvent> {
    await this.#deps.vacated();
    const user = await signInByPage(this.#known(), this.#deps, expected, signal);
    if (user === null) return { kind: 'sign-in-cancelled' };
    await this.#signedIn();
    return { kind: 'signed-in', user };
  }

  async #signInAccount(signal: AbortSignal): Promise<TerminalEvent> {
    const enrolled = this.#known();
    await this.#deps.vacated();
    const user = await signInByAccount(enrolled, signal);
    await this.#signedIn();
    const { desktops } = await enrolled.client.call('listDesktops', { signal });
    const wanted = enrolled.profile?.account?.desktopId;
    const desktop = desktops.find(({ id }) => id === wanted) ?? null;
    return { kind: 'account-signed-in', user, desktop };
  }

  async #signedIn(): Promise<void> {
    // A sign-out that did not get through yet would end what this user goes on with.
    this.#leaving.abort();
    this.#leaving = new AbortController();
    await this.#markResumable(true).catch(() => {
      // Without the mark a restart asks for the password, which is no reason to refuse it now.
    });
  }

  async #endSession(
    { sessionId }: EffectOf<'end-session'>,
    signal: AbortSignal,
  ): Promise<TerminalEvent> {
    const client = this.#clientOfUser();
    const call = { params: { id: sessionId }, signal };
    await persist(() => client.call('endSession', call), this.#deps, signal);
    // A list of desktops on the screen is out of date now.
    return { kind: 'due' };
  }

  async #lock(signal: AbortSignal): Promise<null> {
    const client = this.#clientOfUser();
    const told = persist(() => client.call('lock', { signal }), this.#deps, signal);
    await Promise.all([this.#markResumable(false), told]);
    return null;
  }

  async #signOut(signal: AbortSignal): Promise<null> {
    const enrolled = this.#known();
    const tokens = enrolled.userTokens;
    enrolled.seat(null);
    const stop = AbortSignal.any([signal, this.#leaving.signal]);
    const told = revoke(tokens, enrolled.oauth, this.#deps, stop);
    await Promise.all([this.#markResumable(false), told.catch(unlessAborted(stop))]);
    return null;
  }

  /** The vault comes first: a broker that cannot be reached must not keep a terminal enrolled. */
  async #forget(signal: AbortSignal): Promise<null> {
    const [enrolled, keeper] = [this.#enrolled, this.#keeper];
    this.#enrolled = null;
    this.#keeper = null;
    const erased = (keeper ?? this.#vault).erase();
    // Whoever began it is told of its failure.
    this.#erased = erased.catch(() => undefined);
    await erased;
    if (enrolled !== null) await revoke(enrolled.ownTokens, enrolled.oauth, this.#deps, signal);
    return null;
  }

  async #markResumable(resumable: boolean): Promise<void> {
    if (this.#keeper?.identity.resumable !== resumable) await this.#keeper?.change({ resumable });
  }

  async #know(identity: TerminalIdentity): Promise<Enrolled> {
    const keeper = new IdentityKeeper(this.#vault, identity);
    const enrolled = await Enrolled.open(keeper, { ...this.#deps, vault: this.#vault.kind });
    this.#keeper = keeper;
    this.#enrolled = enrolled;
    return enrolled;
  }

  #known(): Enrolled {
    if (this.#enrolled === null) throw new CodedError('terminal-unknown');
    return this.#enrolled;
  }

  /** For what is said until it is heard, even when another user sits here by then. */
  #clientOfUser() {
    const enrolled = this.#known();
    return enrolled.clientFor(enrolled.userTokens);
  }
}

/** For work that was stopped on purpose: its end is no failure. */
function unlessAborted(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) throw error;
  };
}
