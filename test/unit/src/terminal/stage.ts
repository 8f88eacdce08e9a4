import type { CodedError } from '../../../../src/contract/errors.ts';
import type { VaultKind } from '../../../../src/contract/identity.ts';
import type {
  StateOf,
  TerminalState,
  TerminalStateKind,
} from '../../../../src/contract/terminal.ts';
import type { SelfEnrollment } from '../../../../src/terminal/enrolling.ts';
import type { SignInRequest, SignInWindow } from '../../../../src/terminal/sign-in-window.ts';
import { createTerminal, type Terminal } from '../../../../src/terminal/terminal.ts';
import type { TerminalIdentity, Vault } from '../../../../src/terminal/vault.ts';
import { FakeClock } from '../../../fakes/fake-clock.ts';
import { FakeBroker } from './fake-broker.ts';
import { broker as address, desktop, offer } from './fixtures.ts';

export class FakeVault implements Vault {
  readonly kind: VaultKind = 'keychain';
  identity: TerminalIdentity | null = null;
  fault: CodedError | null = null;
  /** What an erasure waits for, as a keychain makes one wait. */
  slow: Promise<void> = Promise.resolve();

  async read() {
    if (this.fault) throw this.fault;
    return this.identity;
  }
  async write(identity: TerminalIdentity) {
    if (this.fault) throw this.fault;
    this.identity = identity;
  }
  async erase() {
    if (this.fault) throw this.fault;
    await this.slow;
    this.identity = null;
  }
}

/** A sign-in page at which a person does at once what the test says. */
class FakeWindow implements SignInWindow {
  readonly requests: SignInRequest[] = [];
  /** What the page is sent to in the end; null leaves it open. */
  answer: Record<string, string> | null = { code: 'code' };

  async open(request: SignInRequest, signal: AbortSignal): Promise<string> {
    this.requests.push(request);
    const { answer } = this;
    if (answer === null) {
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    }
    const state = this.asked.get('state') ?? '';
    return `${request.redirectUri}?${new URLSearchParams({ state, iss: address, ...answer })}`;
  }

  /** The parameters of the last authorization request. */
  get asked(): URLSearchParams {
    return new URL(this.requests.at(-1)?.url ?? '').searchParams;
  }
}

/** A terminal with all that it touches, none of it real. */
export class Stage {
  readonly broker = new FakeBroker();
  readonly clock = new FakeClock();
  readonly vault = new FakeVault();
  readonly page = new FakeWindow();
  /** When nothing is left of the user before. */
  vacated: Promise<void> = Promise.resolve();
  terminal: Terminal;
  history: TerminalState[] = [];

  constructor(overrides: { fallbackVault?: Vault; unattended?: Partial<SelfEnrollment> } = {}) {
    this.terminal = this.restart(overrides);
  }

  /** A terminal anew, with the vault and the broker of before. */
  restart(
    overrides: { fallbackVault?: Vault; unattended?: Partial<SelfEnrollment> } = {},
  ): Terminal {
    const { broker, clock, vault, page } = this;
    const unattended = {
      broker: address,
      token: 'enrollment-token',
      ca: broker.keys.ca,
      replaces: false,
    };
    this.terminal = createTerminal({
      vault,
      fallbackVault: overrides.fallbackVault ?? null,
      clock,
      random: () => 0,
      network: broker.network,
      signInWindow: page,
      vacated: () => this.vacated,
      device: { name: 'Reception', model: 'Maker Model', version: '1.2.3' },
      language: () => 'ar',
      unattended: overrides.unattended ? { ...unattended, ...overrides.unattended } : null,
      offer,
      log: () => undefined,
    });
    this.history = [];
    this.terminal.onState((state) => this.history.push(state));
    return this.terminal;
  }

  reach<K extends TerminalStateKind>(
    kind: K,
    passes?: (state: StateOf<K>) => boolean,
  ): Promise<StateOf<K>> {
    return reaching(this.terminal, kind, passes);
  }

  async enrolled(): Promise<void> {
    this.terminal.start();
    await this.reach('unenrolled');
    await this.terminal.enroll(offer);
    await this.reach('signed-out');
  }

  async signedIn(): Promise<void> {
    await this.enrolled();
    await this.terminal.signIn();
    await this.reach('signed-in', ({ desktops }) => desktops !== null);
  }

  async streaming(): Promise<void> {
    await this.signedIn();
    await this.terminal.connect({ desktopId: desktop.id });
    await this.reach('streaming');
  }
}

/** Resolves when the terminal is, or comes, into a state that passes. */
export function reaching<K extends TerminalStateKind>(
  terminal: Terminal,
  kind: K,
  passes: (state: StateOf<K>) => boolean = () => true,
): Promise<StateOf<K>> {
  return new Promise((resolve) => {
    const look = (state: TerminalState) => {
      const found = state.kind === kind ? (state as StateOf<K>) : null; // narrowed by kind
      if (found === null || !passes(found)) return;
      subscription.dispose();
      resolve(found);
    };
    const subscription = terminal.onState(look);
    look(terminal.state);
  });
}
