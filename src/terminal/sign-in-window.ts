import type { SignInOrigin } from '../contract/identity.ts';

export type SignInRequest = {
  /** The authorization request (RFC 6749 section 4.1.1). */
  url: string;
  /** The address that ends it, which is never loaded. */
  redirectUri: string;
  /** Where the page may go beside the origin of `url`. */
  origins: readonly SignInOrigin[];
};

/**
 * A window in which a person signs in at their broker, or where it sends them. The terminal sees
 * nothing of what is typed there, and nothing of it stays when the window closes.
 */
export type SignInWindow = {
  /**
   * The address that the page was sent to in the end: the redirect URI with the answer.
   * @throws the signal's reason when it is aborted; sign-in-refused when the page is gone or
   *   cannot be shown; broker-key-changed, broker-unreachable
   */
  open(request: SignInRequest, signal: AbortSignal): Promise<string>;
};
