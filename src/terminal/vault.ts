import { z } from 'zod';
import { terminalIdSchema, trustSchema, type VaultKind } from '../contract/identity.ts';

/** A P-256 private key as JWK (RFC 7517, RFC 7518 section 6.2). */
const privateKeySchema = z.strictObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
});

/** What makes this terminal itself: all of it secret, and the whole of what a vault holds. */
export const identitySchema = z.strictObject({
  broker: z.url(),
  terminalId: terminalIdSchema,
  privateKey: privateKeySchema,
  /** Of the terminal itself; each use gives another (RFC 9700 section 4.14.2). */
  refreshToken: z.string().min(1),
  /** What the broker's certificates are judged by. */
  trust: trustSchema,
  /**
   * Whether a restart may take up the running session without a password. Cleared before the
   * broker is told of a lock or a sign-out, so that it holds even when the broker is away.
   */
  resumable: z.boolean(),
});
export type TerminalIdentity = z.infer<typeof identitySchema>;

/**
 * Where the identity is kept.
 *
 * Every method throws `vault-unavailable` when the vault cannot be reached, and `read` throws
 * `vault-damaged` when what it holds is not an identity.
 */
export type Vault = {
  readonly kind: VaultKind;
  read(): Promise<TerminalIdentity | null>;
  write(identity: TerminalIdentity): Promise<void>;
  erase(): Promise<void>;
};
