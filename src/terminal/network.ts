import type { ErrorCode } from '../contract/errors.ts';

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
  /**
   * Why the chain is shorter than its signatures go, and what it would be otherwise: it is for
   * another host, or not valid now. null when neither is so.
   */
  fault: { code: ChainFault; chain: string[] } | null;
};

export type ChainFault = Extract<ErrorCode, 'broker-certificate-expired' | 'broker-name-wrong'>;

/**
 * The way to brokers. TLS connections are accepted by the keys that the terminal has pinned, not by
 * what an operating system happens to trust.
 */
export type BrokerNetwork = {
  /**
   * Speaks to origins that were pinned, and to no other.
   * @throws broker-key-changed when the certificate is not traced to one of the anchors,
   *   broker-name-wrong or broker-certificate-expired when only that keeps it from being so,
   *   broker-unreachable when there is no answer
   */
  fetch: typeof fetch;
  /**
   * From now on `origin` has to show one of these keys (see Introduction.chain).
   * @param learn asked when a page meets another key, to read anew which keys the broker has; it
   *   pins them, or throws when there are no others to believe in
   */
  pin(origin: string, anchors: readonly string[], learn?: () => Promise<void>): void;
  /**
   * Reads what a broker says of itself over a connection that is not trusted and carries no secret.
   * @throws broker-unreachable, broker-answer-invalid
   */
  introduce(origin: string, signal: AbortSignal): Promise<Introduction>;
};
