import { z } from 'zod';
import { acceleratorSchema, desktopIdSchema, engineSchema } from './desktop.ts';
import { problemSchema } from './errors.ts';
import { sessionPolicySchema } from './session-policy.ts';
import { stepNames } from './step-names.ts';

export { type StepName, stepNames } from './step-names.ts';

export const sessionIdSchema = z.uuid();

export const stepNameSchema = z.enum(stepNames);

export const stepSchema = z.strictObject({
  name: stepNameSchema,
  state: z.enum(['waiting', 'active', 'done']),
  /** Milliseconds this step took the last times on this broker; null when never seen. */
  expectedMs: z.number().nonnegative().nullable(),
  /** Milliseconds since the step began (`active`) or that it took (`done`); null while waiting. */
  elapsedMs: z.number().nonnegative().nullable(),
});
export type Step = z.infer<typeof stepSchema>;

export const sessionSchema = z.strictObject({
  id: sessionIdSchema,
  desktop: z.strictObject({ id: desktopIdSchema, name: z.string(), engine: engineSchema }),
  /** `suspended`: to disk, for want of a viewer; whoever connects wakes it. */
  state: z.enum(['starting', 'running', 'suspended', 'ending', 'ended', 'failed']),
  steps: z.array(stepSchema),
  /** Grows with each change; the long poll of `GET /v1/sessions/:id` waits for a higher one. */
  revision: z.number().int().nonnegative(),
  startedAt: z.iso.datetime(),
  /** When the absolute time limit of the session is reached. */
  expiresAt: z.iso.datetime(),
  /** Null where no machine is emulated, and before that is known. */
  accelerator: acceleratorSchema.nullable(),
  /**
   * Why it failed, why it ended when that was not the user's wish, or why it could not be woken.
   * While it runs, what its disk suffers from: disk-full, and it stands still until there is room,
   * or disk-damaged.
   */
  problem: problemSchema.nullable(),
  /** As it was when the session was last connected to. */
  policy: sessionPolicySchema,
});
export type Session = z.infer<typeof sessionSchema>;
