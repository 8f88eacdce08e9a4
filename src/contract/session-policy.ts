import { z } from 'zod';

/**
 * What may be done in a session on a desktop, and what its user is shown beside the desktop. The
 * broker enforces it; the terminal only shows what is left.
 */
export const sessionPolicySchema = z.strictObject({
  /** Which way text may be copied. */
  clipboard: z.enum(['none', 'to-desktop', 'to-terminal', 'both']),
  /** Whether the desktop is heard at the terminal. */
  sound: z.boolean(),
  /** Screens that a terminal may show at once. */
  screens: z.number().int().min(1).max(4),
  /**
   * Whether a helper may look at the session:
   * - ask: only after the user has said yes
   * - tell: the user sees that it is done
   */
  shadowing: z.enum(['never', 'ask', 'tell']),
  /** Whether name and time are drawn over the picture. */
  watermark: z.boolean(),
  /** Minutes without a key or the pointer until the terminal is locked; null is never. */
  idleLockMinutes: z.number().int().min(1).max(1_440).nullable(),
});
export type SessionPolicy = z.infer<typeof sessionPolicySchema>;

const { clipboard, sound, screens, shadowing, watermark, idleLockMinutes } =
  sessionPolicySchema.shape;

/** What is not decided is as people expect it of a desktop. */
export const newSessionPolicySchema = z.strictObject({
  clipboard: clipboard.default('both'),
  sound: sound.default(true),
  screens: screens.default(1),
  shadowing: shadowing.default('ask'),
  watermark: watermark.default(false),
  idleLockMinutes: idleLockMinutes.default(null),
});

/** Where nobody has decided otherwise. */
export const usualSessionPolicy: SessionPolicy = newSessionPolicySchema.parse({});

/** Of a session that is over. */
export const closedSessionPolicy: SessionPolicy = {
  clipboard: 'none',
  sound: false,
  screens: 1,
  shadowing: 'never',
  watermark: false,
  idleLockMinutes: null,
};
