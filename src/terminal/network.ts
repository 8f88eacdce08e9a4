/** What a broker shows and says of itself before it is trusted. */
export type Introduction = {
  /** The signed statements of `GET /v1/trust`, the oldest first. */
  statements: string[];
  /**
   * SHA-256 (base64url) of the public keys of the certificate chain that the broker showed, leaf
   * first, as far as each certificate is valid now and signed by the next, and the leaf is for the
   * host that was asked.
   */
  chain: string[];
};

/**
 * The way to brokers. TLS connections are accepted by the keys that the terminal has pinned, not by
 * what an operating system happens to trust.
 */
export type BrokerNetwork = {
  /**
   * Speaks to origins that were pinned, and to no other.
   * @throws broker-key-changed when the certificate is not traced to one of the anchors,
   *   broker-unreachable when there is no answer
   */
  fetch: typeof fetch;
  /** From now on `origin` has to show one of these keys (see Introduction.chain). */
  pin(origin: string, anchors: readonly string[]): void;
  /**
   * Reads what a broker says of itself over a connection that is not trusted and carries no secret.
   * @throws broker-unreachable, broker-answer-invalid
   */
  introduce(origin: string, signal: AbortSignal): Promise<Introduction>;
};
