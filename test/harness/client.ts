import { systemClock } from '../../src/contract/clock.ts';
import type { AsyncDisposable } from '../../src/contract/disposable.ts';
import type { Trust } from '../../src/contract/identity.ts';
import type { Session } from '../../src/contract/session.ts';
import type { BrokerClient } from '../../src/terminal/broker-client.ts';
import { createDeviceKey } from '../../src/terminal/device-key.ts';
import { Enrolled } from '../../src/terminal/enrolled.ts';
import {
  type EnrollmentDeps,
  enrollUnattended,
  requestEnrollment,
} from '../../src/terminal/enrollment.ts';
import { IdentityKeeper } from '../../src/terminal/identity-keeper.ts';
import { signInByPage } from '../../src/terminal/sign-in.ts';
import type { TerminalIdentity, Vault } from '../../src/terminal/vault.ts';
import type { TestBroker } from './broker.ts';
import { type Credentials, createFormSignIn } from './form-sign-in.ts';
import { createNodeNetwork, type NodeNetwork } from './node-network.ts';

/** A terminal without a screen, on the terminal's own core: for what is measured without the app. */
export class HeadlessTerminal implements AsyncDisposable {
  readonly identity: TerminalIdentity;
  readonly enrolled: Enrolled;
  readonly #keeper: IdentityKeeper;
  readonly #network: NodeNetwork;

  private constructor(keeper: IdentityKeeper, enrolled: Enrolled, network: NodeNetwork) {
    this.identity = keeper.identity;
    this.#keeper = keeper;
    this.enrolled = enrolled;
    this.#network = network;
  }

  /** @param given a token to enroll with; without it, one that is made for it */
  static async enroll(
    broker: TestBroker,
    name = 'Headless',
    given?: string,
  ): Promise<HeadlessTerminal> {
    const token = given ?? (await HeadlessTerminal.#tokenFor(broker, name));
    const unattended = { broker: broker.url, token, ca: await broker.ca() };
    return HeadlessTerminal.#open((deps) => enrollUnattended(unattended, deps, never), name);
  }

  static async #tokenFor(broker: TestBroker, label: string): Promise<string> {
    const { token } = await broker.admin((admin) =>
      admin.createEnrollmentToken({ label, uses: 1, expiresInSeconds: 600 }),
    );
    return token;
  }

  /** Asks to be enrolled, and is when `approve` has seen to it. */
  static async request(
    broker: TestBroker,
    approve: (userCode: string) => Promise<void>,
    name = 'Headless',
  ): Promise<HeadlessTerminal> {
    return HeadlessTerminal.#open(async (deps) => {
      const pending = await requestEnrollment(broker.url, deps, never);
      await approve(pending.request.userCode);
      return pending.approved(never);
    }, name);
  }

  static async #open(
    enroll: (deps: EnrollmentDeps) => Promise<TerminalIdentity>,
    name: string,
  ): Promise<HeadlessTerminal> {
    const network = createNodeNetwork();
    const device = { name, model: 'Test', version: '0.0.0' };
    const common = {
      clock: systemClock,
      network,
      device,
      vault: 'memory',
      random: Math.random,
    } as const;
    const identity = await enroll({ ...common, key: await createDeviceKey() });
    const keeper = new IdentityKeeper(forgetfulVault, identity);
    return new HeadlessTerminal(keeper, await Enrolled.open(keeper, common), network);
  }

  /** What it believes of its broker by now. */
  get trust(): Trust {
    return this.#keeper.identity.trust;
  }

  get client(): BrokerClient {
    return this.enrolled.client;
  }

  get network(): NodeNetwork {
    return this.#network;
  }

  async signIn(credentials: Credentials): Promise<void> {
    const signInWindow = createFormSignIn({
      fetch: this.#network.browse,
      credentials: () => credentials,
    });
    const user = await signInByPage(
      this.enrolled,
      { signInWindow, language: () => 'en' },
      null,
      never,
    );
    if (user === null) throw new Error('the sign-in was cancelled');
  }

  /** Starts a session on the user's first desktop and waits until its desktop is painted. */
  async startSession(): Promise<Session> {
    const { desktops } = await this.client.call('listDesktops', {});
    const desktopId = desktops[0]?.id ?? '';
    let session = await this.client.call('createSession', { body: { desktopId } });
    while (session.state === 'starting') {
      const { id, revision } = session;
      session = await this.client.call('getSession', {
        params: { id },
        query: { after: revision },
      });
    }
    if (session.state !== 'running') throw new Error(`the session is ${session.state}`);
    return session;
  }

  async dispose(): Promise<void> {
    await this.#network.dispose();
  }
}

const never = new AbortController().signal;

const forgetfulVault: Vault = {
  kind: 'memory',
  read: async () => null,
  write: async () => {
    // What it holds is in the process that made it.
  },
  erase: async () => {
    // As above.
  },
};
