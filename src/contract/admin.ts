import { z } from 'zod';
import { auditActionSchema } from './audit.ts';
import { desktopIdSchema } from './desktop.ts';
import {
  deviceRequestSchema,
  terminalIdSchema,
  terminalNameSchema,
  vaultKindSchema,
} from './identity.ts';
import { idSchema, namedSchema, nameSchema } from './name.ts';
import { oneLine } from './one-line.ts';
import { permissionSchema } from './permissions.ts';
import { sessionIdSchema } from './session.ts';

/*
 * What the broker is looked after with: users, groups, roles, terminals. The same shapes
 * serve the HTTP API (admin-routes.ts) and the command line.
 */

const time = z.iso.datetime();

export const usernameSchema = z
  .string()
  .transform((name) => name.trim().normalize('NFKC').toLowerCase())
  .pipe(z.string().min(1).max(64).check(oneLine));
export const passwordSchema = z.string().min(8, { error: 'use 8 characters or more' }).max(256);

export const accountSchema = z.strictObject({
  id: idSchema,
  username: z.string(),
  displayName: z.string(),
  /** `terminal`: the account of a terminal, which nobody signs in to by hand. */
  kind: z.enum(['person', 'terminal']),
  /** Id of the identity provider that the user comes from; null for an account of the broker. */
  identityProvider: z.string().nullable(),
  groups: z.array(namedSchema),
  /** `required`: it is set up at the next sign-in. */
  secondFactor: z.enum(['off', 'required', 'set']),
  disabled: z.boolean(),
});
export type Account = z.infer<typeof accountSchema>;

export const newAccountSchema = z.strictObject({
  username: usernameSchema,
  displayName: nameSchema,
  password: passwordSchema,
  groups: z.array(idSchema).max(200).default([]),
  secondFactor: z.enum(['off', 'required']).default('off'),
});
export const accountChangeSchema = z
  .strictObject({
    displayName: nameSchema,
    password: passwordSchema,
    groups: z.array(idSchema).max(200),
    disabled: z.boolean(),
    /** `required` also forgets the one that is set up. */
    secondFactor: z.enum(['off', 'required']),
  })
  .partial();

export const groupSchema = z.strictObject({
  id: idSchema,
  name: z.string(),
  builtIn: z.boolean(),
  members: z.number().int().nonnegative(),
  roles: z.array(namedSchema),
  /** What its members may open. */
  pools: z.array(namedSchema),
  /** Whoever comes from an identity provider with this value among their groups is a member. */
  claims: z.array(z.strictObject({ identityProvider: z.string(), value: z.string() })),
});
export type Group = z.infer<typeof groupSchema>;
const claimsSchema = z
  .array(
    z.strictObject({
      identityProvider: z.string().min(1).max(60),
      value: z.string().min(1).max(200),
    }),
  )
  .max(50);
export const newGroupSchema = z.strictObject({
  name: nameSchema,
  roles: z.array(idSchema).max(50).default([]),
  pools: z.array(desktopIdSchema).max(500).default([]),
  claims: claimsSchema.default([]),
});
export const groupChangeSchema = z
  .strictObject({
    name: nameSchema,
    roles: z.array(idSchema).max(50),
    pools: z.array(desktopIdSchema).max(500),
    claims: claimsSchema,
  })
  .partial();

export const roleSchema = z.strictObject({
  id: idSchema,
  name: z.string(),
  builtIn: z.boolean(),
  permissions: z.array(permissionSchema),
});
export type Role = z.infer<typeof roleSchema>;
export const newRoleSchema = z.strictObject({
  name: nameSchema,
  permissions: z.array(permissionSchema),
});

export const terminalGroupSchema = namedSchema.extend({
  terminals: z.number().int().nonnegative(),
});
export const terminalSchema = z.strictObject({
  id: terminalIdSchema,
  name: z.string(),
  model: z.string(),
  version: z.string(),
  vault: vaultKindSchema,
  /** Network address at its enrollment. */
  address: z.string(),
  group: namedSchema.nullable(),
  /** The desktop that its own account opens; null where users sign in. */
  account: z.strictObject({ desktop: namedSchema }).nullable(),
  enrolledAt: time,
  /** Who approved it, or the label of its enrollment token. */
  enrolledBy: z.string(),
  seenAt: time,
  user: z.string().nullable(),
  revoked: z.boolean(),
});
export type EnrolledTerminal = z.infer<typeof terminalSchema>;
export const terminalChangeSchema = z
  .strictObject({
    name: terminalNameSchema,
    groupId: idSchema.nullable(),
    account: z.strictObject({ desktopId: desktopIdSchema }).nullable(),
  })
  .partial();

/** A terminal that waits to be approved. */
export const enrollmentSchema = z.strictObject({
  /** As formatUserCode shows it. */
  userCode: z.string(),
  terminalId: terminalIdSchema,
  name: z.string(),
  model: z.string(),
  version: z.string(),
  vault: deviceRequestSchema.shape.device_vault,
  address: z.string(),
  requestedAt: time,
  expiresAt: time,
});
export type Enrollment = z.infer<typeof enrollmentSchema>;
export const approvalSchema = z.strictObject({
  groupId: idSchema.nullable().default(null),
  name: terminalNameSchema.optional(),
});

export const enrollmentTokenSchema = z.strictObject({
  id: idSchema,
  label: z.string(),
  group: namedSchema.nullable(),
  usesLeft: z.number().int().nonnegative(),
  expiresAt: time,
  createdAt: time,
  revoked: z.boolean(),
});
export const newEnrollmentTokenSchema = z.strictObject({
  label: nameSchema,
  groupId: idSchema.nullable().default(null),
  /** How many terminals it may enroll. */
  uses: z.number().int().min(1).max(100_000).default(1),
  expiresInSeconds: z
    .number()
    .int()
    .min(60)
    .max(90 * 24 * 60 * 60)
    .default(24 * 60 * 60),
});

export const runningSessionSchema = z.strictObject({
  id: sessionIdSchema,
  username: z.string(),
  desktop: z.string(),
  state: z.string(),
  startedAt: time,
  endedAt: time.nullable(),
});
export const sessionQuerySchema = z.strictObject({
  /** Only those that come after this one in the list. */
  before: sessionIdSchema.optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

export const auditQuerySchema = z.strictObject({
  /** Only events before this number; the newest come first. */
  before: z.coerce.number().int().positive().optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  action: auditActionSchema.optional(),
  /** Id of a user or a terminal; or what has no id: command-line, broker, nobody. */
  actor: z.string().max(128).optional(),
});
export const auditVerificationQuerySchema = z.strictObject({
  /** Hash of an event that was noted before, and must still be there. */
  head: z.string().max(128).optional(),
});
export const auditVerificationSchema = z.strictObject({
  sound: z.boolean(),
  events: z.number().int().nonnegative(),
  /** Hash of the newest event; whoever notes it can later prove that none was cut off. */
  head: z.string(),
  /** Number of the first event that is not as it was written. */
  brokenAt: z.number().int().nullable(),
});
export type AuditVerification = z.infer<typeof auditVerificationSchema>;
