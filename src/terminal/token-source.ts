import type { Clock } from '../contract/clock.ts';

/** What the token endpoint gives (RFC 6749 section 5.1). */
export type Tokens = {
  accessToken: string;
  refreshToken: string;
  /** Seconds; null where the broker does not say. */
  expiresIn: number | null;
};

type TokenSourceDeps = {
  clock: Pick<Clock, 'now'>;
  /** @throws a CodedError: what the refusal of this refresh token means */
  refresh(refreshToken: string): Promise<Tokens>;
  /** Called with each new refresh token before anything that came with it is used. */
  keep(refreshToken: string): Promise<void>;
};

/** A token that is about to expire would do so on its way. */
const marginMs = 30_000;

/** The access token of one grant: always a fresh one, however many ask for it at once. */
export class TokenSource {
  readonly #deps: TokenSourceDeps;
  #refreshToken: string;
  #access: { token: string; freshUntil: number } | null = null;
  #renewal: Promise<string> | null = null;

  constructor(from: Tokens | { refreshToken: string }, deps: TokenSourceDeps) {
    this.#deps = deps;
    this.#refreshToken = from.refreshToken;
    if ('accessToken' in from) this.#take(from);
  }

  async accessToken(): Promise<string> {
    const { clock } = this.#deps;
    if (this.#access !== null && clock.now() < this.#access.freshUntil) return this.#access.token;
    return this.#renew();
  }

  /** Another one than `refused`, which the broker no longer takes. */
  async anotherThan(refused: string): Promise<string> {
    if (this.#access?.token === refused) this.#access = null;
    return this.accessToken();
  }

  /** What ends the whole grant when it is revoked (RFC 7009 section 2.1). */
  async revocable(): Promise<string> {
    await this.#renewal?.catch(() => {
      // Then the refresh token is still the one from before.
    });
    return this.#refreshToken;
  }

  /** Never given up half-way: the broker may have replaced the refresh token already. */
  #renew(): Promise<string> {
    this.#renewal ??= this.#refresh().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #refresh(): Promise<string> {
    const tokens = await this.#deps.refresh(this.#refreshToken);
    await this.#deps.keep(tokens.refreshToken);
    this.#refreshToken = tokens.refreshToken;
    return this.#take(tokens);
  }

  #take({ accessToken, expiresIn }: Tokens): string {
    const lifeMs = expiresIn === null ? Number.POSITIVE_INFINITY : expiresIn * 1000;
    const freshMs = Math.max(lifeMs - marginMs, lifeMs / 2);
    this.#access = { token: accessToken, freshUntil: this.#deps.clock.now() + freshMs };
    return accessToken;
  }
}
