import { z } from 'zod';
import { oneLine } from './one-line.ts';

/** What a helper may do in the session of a user: look on, or use keyboard and pointer as well. */
export const shadowingModeSchema = z.enum(['view', 'control']);
export type ShadowingMode = z.infer<typeof shadowingModeSchema>;

export const shadowingRequestSchema = z.strictObject({
  mode: shadowingModeSchema,
  /** Shown to the user, and kept in the audit log. */
  reason: z.string().trim().min(1).max(200).check(oneLine),
});
export type ShadowingRequest = z.infer<typeof shadowingRequestSchema>;

/**
 * - requested: the user has not answered yet
 * - active: the helper may look
 * - declined: by the user
 * - expired: the user did not answer in time
 * - ended: by the helper or the user, or because nobody sits before the desktop any more
 */
export const shadowingStateSchema = z.enum(['requested', 'active', 'declined', 'expired', 'ended']);
export type ShadowingState = z.infer<typeof shadowingStateSchema>;

export const shadowingSchema = z.strictObject({
  id: z.uuid(),
  sessionId: z.uuid(),
  /** Display name of who helps. */
  helper: z.string(),
  ...shadowingRequestSchema.shape,
  state: shadowingStateSchema,
});
export type Shadowing = z.infer<typeof shadowingSchema>;

/** Of the user. */
export const shadowingAnswerSchema = z.enum(['allow', 'decline', 'stop']);
export type ShadowingAnswer = z.infer<typeof shadowingAnswerSchema>;

export const newMessageSchema = z.strictObject({
  text: z.string().trim().min(1).max(1_000),
});

/** To the user of a session, until they have read it. */
export const sessionMessageSchema = z.strictObject({
  id: z.uuid(),
  /** Display name of who wrote it; null for the command line. */
  from: z.string().nullable(),
  text: z.string(),
  at: z.iso.datetime(),
});
export type SessionMessage = z.infer<typeof sessionMessageSchema>;
