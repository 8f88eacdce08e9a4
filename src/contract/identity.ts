import { z } from 'zod';
import { oneLine } from './one-line.ts';

/**
 * What terminal and broker have agreed on about who is who, on top of OAuth 2.0 (RFC 6749), OpenID
 * Connect, device authorization (RFC 8628), DPoP (RFC 9449) and revocation (RFC 7009).
 */

/** A SHA-256 digest in base64url: of a key as RFC 7638 says, or of a certificate's public key. */
export const digestSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** RFC 7638 thumbprint of the terminal's public key: its id, at the broker and in every token. */
export const terminalIdSchema = digestSchema;

export const terminalNameSchema = z.string().trim().min(1).max(80).check(oneLine);

/** The one OAuth client there is for terminals: public, with every token bound to a key. */
export const terminalClientId = 'porthole-terminal';

/** Where the sign-in window ends (RFC 8252 section 7.1). Nothing is ever loaded from it. */
export const signInRedirectUri = 'app.porthole:/signed-in';

export const scopes = {
  /** What a terminal may do for itself. */
  terminal: 'terminal',
  /** What a user may do at the terminal whose key the token is bound to. */
  user: 'openid desktop',
} as const;

/** Grant types of our own (RFC 6749 section 4.5), beside those of the standards. */
export const grantTypes = {
  deviceCode: 'urn:ietf:params:oauth:grant-type:device_code',
  /** `enrollment_token`, and what deviceRequestSchema has: enrolls without a person. */
  enrollmentToken: 'urn:porthole:params:oauth:grant-type:enrollment-token',
  /**
   * `terminal_token`: takes up the user's session that still runs at this terminal, after a restart
   * of either side. The answer has its id as `session_id`.
   */
  resume: 'urn:porthole:params:oauth:grant-type:resume',
  /** `terminal_token`: signs the terminal's own account in, where it has one. */
  terminalAccount: 'urn:porthole:params:oauth:grant-type:terminal-account',
  /**
   * Nothing but the proof: new tokens for a terminal whose own the broker forgot when a backup was
   * restored. Refused as `terminal-unknown` where that is not so.
   */
  recover: 'urn:porthole:params:oauth:grant-type:recover',
} as const;

/** Where the terminal's identity is kept. `memory` forgets it when the app closes. */
export const vaultKindSchema = z.enum(['keychain', 'file', 'memory']);
export type VaultKind = z.infer<typeof vaultKindSchema>;

/** What a terminal says of itself when it asks to be enrolled: form fields, as in RFC 8628 3.1. */
export const deviceRequestSchema = z.strictObject({
  device_name: terminalNameSchema,
  /** Maker and model of the machine, for people; a field without text is no field in a form. */
  device_model: z.string().trim().max(120).check(oneLine).default(''),
  device_version: z.string().max(40).check(oneLine),
  device_vault: vaultKindSchema,
});
export type DeviceRequest = z.infer<typeof deviceRequestSchema>;

/** Eight letters that are neither vowels nor alike, as RFC 8628 section 6.1 advises. */
export const userCodeSchema = z
  .string()
  .max(32)
  .transform((code) => code.toUpperCase().replaceAll(/[^A-Z]/g, ''))
  .pipe(z.string().regex(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/, { error: 'a code has eight letters' }));

/** A user code as people read it. */
export function formatUserCode(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}

/** The approval page, with what the terminal saw for the broker to compare (see approvalUrl). */
export const approvalPath = '/enroll';

/**
 * What the QR code of an unenrolled terminal holds. The administrator's device opens it at the real
 * broker, which then knows whether the terminal speaks to the same one (`ca`) and with the key that
 * the request came with (`key`): a broker in between has another.
 *
 * @param seen.ca SHA-256 of the public key that the broker's certificate was traced to
 * @param seen.key the terminal's id
 */
export function approvalUrl(
  broker: string,
  userCode: string,
  seen: { ca: string; key: string },
): string {
  const url = new URL(approvalPath, broker);
  url.search = new URLSearchParams({ code: formatUserCode(userCode), ...seen }).toString();
  return url.href;
}

/** A digest as people compare it: its first ten bytes in hexadecimal, in groups of four digits. */
export function fingerprintOf(digest: string): string {
  const bytes = atob(digest.replaceAll('-', '+').replaceAll('_', '/')).slice(0, 10);
  const hex = Array.from(bytes, (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join(
    '',
  );
  return hex.replaceAll(/(.{4})(?=.)/g, '$1 ');
}

/**
 * What a broker says of its own keys, signed (JWS, RFC 7515, ES256, with the public key in the
 * header) by its identity key, whose RFC 7638 thumbprint the terminal has pinned.
 */
export const trustStatementSchema = z.strictObject({
  /** Thumbprint of the identity key that signed this. */
  iss: digestSchema,
  /** Grows with each statement, and with the time (seconds); an older one is never believed. */
  sequence: z.number().int().nonnegative(),
  /** Seconds since the epoch. */
  iat: z.number().int(),
  /** Public keys that the broker's certificate chain may be traced to: SHA-256 of their SPKI. */
  anchors: z.array(digestSchema).min(1).max(16),
  /** The identity key that signs from now on, when it is another. */
  successor: digestSchema.optional(),
});
export type TrustStatement = z.infer<typeof trustStatementSchema>;
export const trustStatementType = 'porthole-trust+jwt';

/** What a terminal believes of its broker. */
export const trustSchema = z.strictObject({
  anchors: trustStatementSchema.shape.anchors,
  identityKey: digestSchema,
  sequence: trustStatementSchema.shape.sequence,
});
export type Trust = z.infer<typeof trustSchema>;

/** An origin that the sign-in window may visit, and what its certificate has to be traced to. */
export const signInOriginSchema = z.strictObject({
  origin: z.url({ protocol: /^https$/ }),
  /** Empty: whatever the operating system trusts. */
  anchors: z.array(digestSchema).max(16),
});
export type SignInOrigin = z.infer<typeof signInOriginSchema>;
