import { z } from 'zod';
import { userSchema } from './broker-api.ts';
import { desktopSchema } from './desktop.ts';
import { problemSchema } from './errors.ts';
import { sessionSchema } from './session.ts';

/** The address of a broker: its origin. There is no broker without TLS. */
export const brokerAddressSchema = z
  .string()
  .trim()
  .max(300)
  .transform((text, context) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (url === null || url.protocol !== 'https:' || url.username !== '' || url.password !== '') {
      context.addIssue({ code: 'custom', message: 'broker-address-invalid' });
      return z.NEVER;
    }
    return url.origin;
  });

/** What the enroll screen may find already filled in. */
export const enrollmentOfferSchema = z.strictObject({ broker: z.string() });
export type EnrollmentOffer = z.infer<typeof enrollmentOfferSchema>;

/** A request to be enrolled that waits for an administrator (RFC 8628 section 3.2). */
export const enrollmentRequestSchema = z.strictObject({
  /** As people read it: BCDF-GHJK. */
  userCode: z.string(),
  /** For the QR code: see approvalUrl in identity.ts. */
  approvalUrl: z.url(),
  /** What to open where no QR code can be read. */
  approvalPage: z.url(),
  /** Of this terminal's key, for the administrator to compare. */
  fingerprint: z.string(),
  /** Milliseconds since the epoch. */
  expiresAt: z.number(),
});
export type EnrollmentRequest = z.infer<typeof enrollmentRequestSchema>;

/** How to open one stream, once. */
export const streamOfferSchema = z.strictObject({
  url: z.url(),
  protocols: z.array(z.string()),
  /** Without a key or the pointer, until the broker closes it. */
  idleSeconds: z.number().int().positive(),
});
export type StreamOffer = z.infer<typeof streamOfferSchema>;

/** One permission to open the stream of the first screen. `number` grows by one with each, so that a late report about
 * an old stream is never taken for one about the new. */
export const streamGrantSchema = streamOfferSchema.extend({ number: z.number().int().positive() });
export type StreamGrant = z.infer<typeof streamGrantSchema>;

/** When the next try is due (milliseconds since the epoch) and how many have failed before it. */
const retrySchema = z.strictObject({
  attempt: z.number().int().positive(),
  at: z.number(),
  problem: problemSchema,
});
export type Retry = z.infer<typeof retrySchema>;

const problem = problemSchema.nullable();

/**
 * Where the terminal is. The machine in src/terminal/machine.ts owns the transitions; this is the
 * whole of what the renderer knows. No token, key or password is part of any state.
 */
export const terminalStateSchema = z.discriminatedUnion('kind', [
  /** Reading the vault, then asking the broker for a session to resume. */
  z.strictObject({
    kind: z.literal('booting'),
    broker: z.string().nullable(),
    retry: retrySchema.nullable(),
  }),
  /**
   * Nothing is shown: the vault cannot be used, or the broker does not prove who it is. The latter
   * is tried again, slowly: the clock or the network of the terminal may not have been ready.
   */
  z.strictObject({
    kind: z.literal('blocked'),
    problem: problemSchema,
    /** null where only a person can help. */
    retry: retrySchema.nullable(),
  }),
  z.strictObject({
    kind: z.literal('unenrolled'),
    offer: enrollmentOfferSchema.nullable(),
    problem,
  }),
  z.strictObject({
    kind: z.literal('enrolling'),
    offer: enrollmentOfferSchema,
    /** null until the broker has answered, and where no administrator is asked. */
    request: enrollmentRequestSchema.nullable(),
    /** Only where the terminal enrolls by itself, which it tries until the broker is there. */
    retry: retrySchema.nullable(),
  }),
  z.strictObject({
    kind: z.literal('signed-out'),
    broker: z.string(),
    /** The terminal has an account of its own and signs in by itself; then when it tries again. */
    account: z.boolean(),
    retry: retrySchema.nullable(),
    problem,
  }),
  /** The broker's sign-in page is open, or the terminal's own account is being signed in. */
  z.strictObject({ kind: z.literal('signing-in'), broker: z.string(), account: z.boolean() }),
  z.strictObject({
    kind: z.literal('signed-in'),
    user: userSchema,
    /** null until the first answer. */
    desktops: z.array(desktopSchema).nullable(),
    problem,
  }),
  z.strictObject({
    kind: z.literal('connecting'),
    user: userSchema,
    desktop: desktopSchema.pick({ id: true, name: true, engine: true }),
    /** null until the broker has accepted. */
    session: sessionSchema.nullable(),
    /** It was there before, perhaps with somebody's work in it: to cancel is only to leave it. */
    resumes: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal('streaming'),
    user: userSchema,
    session: sessionSchema,
    grant: streamGrantSchema,
    /** Failed tries since the last picture; 0 once the picture is live. */
    attempt: z.number().int().nonnegative(),
    /** Whether the first frame of this grant was painted. */
    live: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal('reconnecting'),
    user: userSchema,
    session: sessionSchema,
    retry: retrySchema,
  }),
  z.strictObject({
    kind: z.literal('ended'),
    user: userSchema,
    desktop: sessionSchema.shape.desktop,
    /** null when it ended because the user wished so. */
    problem,
    /** The session is still there, running or asleep, and can be connected to again. */
    running: z.boolean(),
  }),
  /** The user has to sign in again to go on; nothing of their desktop is shown. */
  z.strictObject({
    kind: z.literal('locked'),
    user: userSchema,
    session: sessionSchema.nullable(),
    /** The broker's sign-in page is open. */
    unlocking: z.boolean(),
    problem,
  }),
]);
export type TerminalState = z.infer<typeof terminalStateSchema>;
export type TerminalStateKind = TerminalState['kind'];
export type StateOf<K extends TerminalStateKind> = Extract<TerminalState, { kind: K }>;
