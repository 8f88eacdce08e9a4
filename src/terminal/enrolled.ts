import type { TerminalProfile } from '../contract/broker-api.ts';
import { CodedError } from '../contract/errors.ts';
import { grantTypes, type VaultKind } from '../contract/identity.ts';
import type { RouteAuth } from '../contract/route.ts';
import { type BrokerClient, createBrokerClient } from './broker-client.ts';
import { type Connection, type ConnectionDeps, connectTo } from './connection.ts';
import type { Device } from './enrollment.ts';
import type { IdentityKeeper } from './identity-keeper.ts';
import type { Granted, OAuthClient } from './oauth-client.ts';
import { TokenSource, type Tokens } from './token-source.ts';
import { adoptStatements } from './trust.ts';

type EnrolledDeps = ConnectionDeps & { device: Device; vault: VaultKind };

const trustLastsMs = 24 * 60 * 60 * 1000;

/**
 * A terminal that its broker knows, and the user who sits at it. The user's tokens are held here
 * only, and die with the process.
 */
export class Enrolled {
  readonly #keeper: IdentityKeeper;
  readonly #deps: EnrolledDeps;
  readonly #connection: Connection;
  readonly #own: TokenSource;
  readonly client: BrokerClient;
  #user: TokenSource | null = null;
  #profile: TerminalProfile | null = null;
  #trustReadAt = Number.NEGATIVE_INFINITY;

  private constructor(keeper: IdentityKeeper, connection: Connection, deps: EnrolledDeps) {
    this.#keeper = keeper;
    this.#connection = connection;
    this.#deps = deps;
    this.#own = new TokenSource(keeper.identity, {
      clock: deps.clock,
      refresh: (token) => renewOwn(connection.oauth, token),
      keep: (refreshToken) => keeper.change({ refreshToken }),
    });
    this.client = this.#clientOf(() => this.userTokens);
  }

  static async open(keeper: IdentityKeeper, deps: EnrolledDeps): Promise<Enrolled> {
    const { broker, privateKey, trust } = keeper.identity;
    const learn = () => readTrust(keeper, deps);
    deps.network.pin(broker, trust.anchors, learn);
    const connection = await connectTo(broker, privateKey, deps, learn);
    return new Enrolled(keeper, connection, deps);
  }

  get broker(): string {
    return this.#keeper.identity.broker;
  }

  get terminalId(): string {
    return this.#keeper.identity.terminalId;
  }

  get oauth(): OAuthClient {
    return this.#connection.oauth;
  }

  /** null until the broker was asked. */
  get profile(): TerminalProfile | null {
    return this.#profile;
  }

  get ownTokens(): TokenSource {
    return this.#own;
  }

  /** @throws not-signed-in when nobody is */
  get userTokens(): TokenSource {
    if (this.#user === null) throw new CodedError('not-signed-in');
    return this.#user;
  }

  /** Says what this terminal is, and learns what the broker makes of it. */
  async greet(signal: AbortSignal): Promise<void> {
    const { clock, device, vault } = this.#deps;
    if (clock.now() - this.#trustReadAt >= trustLastsMs) {
      await readTrust(this.#keeper, this.#deps, signal);
      this.#trustReadAt = clock.now();
    }
    if (this.#profile === null) {
      const body = { model: device.model, version: device.version, vault };
      await this.client.call('reportTerminal', { body, signal });
    }
    this.#profile = await this.client.call('getTerminal', { signal });
  }

  /** The tokens of a user who has just signed in. */
  tokensOf(granted: Granted): TokenSource {
    return new TokenSource(granted, {
      clock: this.#deps.clock,
      refresh: (token) => this.oauth.refresh(token, 'not-signed-in'),
      keep: async () => {
        // A user signs in again after a restart, or the broker resumes their session.
      },
    });
  }

  /** The API in the name of a user who is not seated yet. */
  clientFor(tokens: TokenSource): BrokerClient {
    return this.#clientOf(() => tokens);
  }

  seat(tokens: TokenSource | null): void {
    this.#user = tokens;
  }

  #clientOf(user: () => TokenSource): BrokerClient {
    const { oauth, fetch } = this.#connection;
    const tokensFor = (auth: Exclude<RouteAuth, 'none'>) =>
      auth === 'terminal' ? this.#own : user();
    return createBrokerClient({ oauth, fetch, tokensFor });
  }
}

/**
 * A broker that was restored from a backup does not know the newest tokens of its terminals, and
 * takes the key for it. Only what it says outright of the terminal ends the enrollment.
 * @throws terminal-unknown
 */
async function renewOwn(oauth: OAuthClient, refreshToken: string): Promise<Tokens> {
  try {
    return await oauth.refresh(refreshToken, 'not-signed-in');
  } catch (error) {
    if (!(error instanceof CodedError && error.code === 'not-signed-in')) throw error;
    return oauth.extensionGrant(grantTypes.recover, {}, {});
  }
}

/**
 * Believes what the broker says of its keys now, as far as the key vouches for it that is known
 * already. @throws broker-key-changed when it does not, and as adoptStatements
 */
async function readTrust(
  keeper: IdentityKeeper,
  { network }: Pick<EnrolledDeps, 'network'>,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const { broker, trust } = keeper.identity;
  const introduction = await network.introduce(broker, signal);
  const adopted = await adoptStatements(trust, introduction.statements, introduction);
  if (JSON.stringify(adopted) === JSON.stringify(trust)) return;
  await keeper.change({ trust: adopted });
  network.pin(broker, adopted.anchors, () => readTrust(keeper, { network }));
}
