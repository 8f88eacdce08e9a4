import { z } from 'zod';
import { errorCodes } from './errors.ts';

/** Everything that is written to the audit log. */
export const auditActions = {
  'broker.started': 'The broker was started.',
  'broker.stopped': 'The broker was stopped.',
  'broker.certificate-changed': 'The broker shows another certificate.',
  'broker.backed-up': 'A backup was written.',
  'broker.restored': 'A backup was restored.',
  'terminal.requested': 'A terminal asked to be enrolled.',
  'terminal.approved': 'A request for enrollment was approved.',
  'terminal.denied': 'A request for enrollment was refused.',
  'terminal.enrolled': 'A terminal was given its identity.',
  'terminal.recovered': 'A terminal was given new tokens after a backup was restored.',
  'terminal.changed': 'A terminal was renamed, moved, or given an account.',
  'terminal.revoked': 'A terminal was revoked, or took its leave.',
  'terminal-group.changed': 'A group of terminals was added, renamed or removed.',
  'enrollment-token.created': 'An enrollment token was issued.',
  'enrollment-token.revoked': 'An enrollment token was revoked.',
  'user.signed-in': 'A user signed in.',
  'user.signed-out': 'A user signed out.',
  'user.locked': 'A user locked a terminal.',
  'user.resumed': 'A sign-in was taken up after a restart.',
  'user.created': 'A user was added.',
  'user.changed': 'A user was changed.',
  'user.removed': 'A user was removed.',
  'group.created': 'A group was added.',
  'group.changed': 'A group was changed.',
  'group.removed': 'A group was removed.',
  'role.created': 'A role was added.',
  'role.changed': 'A role was changed.',
  'role.removed': 'A role was removed.',
  'pool.created': 'A pool was added.',
  'pool.changed': 'A pool, or who is entitled to it, was changed.',
  'pool.removed': 'A pool was removed.',
  'disk.destroyed': 'The disk of a user was destroyed.',
  'image.master-opened': 'The master of a golden image was opened.',
  'image.master-discarded': 'The changes of a master were given up.',
  'image.published': 'A version of a golden image was published.',
  'image.chosen': 'Another version of a golden image became the current one.',
  'image.version-removed': 'A version of a golden image was removed.',
  'server.created': 'A virtual server was added.',
  'server.changed': 'A virtual server was changed.',
  'server.removed': 'A virtual server was destroyed.',
  'server.started': 'A virtual server was told to start.',
  'server.stopped': 'A virtual server was told to stop.',
  'server.failed': 'A virtual server ended by itself.',
  'server.snapshot-created': 'The disk of a virtual server was kept as a snapshot.',
  'server.snapshot-restored': 'The disk of a virtual server was put back to a snapshot.',
  'server.snapshot-removed': 'A snapshot was removed.',
  // As brokers before pools wrote it; what is in the log stays readable.
  'desktop.created': 'A desktop was added.',
  'desktop.changed': 'A desktop, or who is entitled to it, was changed.',
  'desktop.removed': 'A desktop was removed.',
  'session.started': 'A desktop was started for a user.',
  'session.connected': 'A stream to a desktop was opened.',
  'session.ended': 'A desktop was ended.',
  'session.messaged': 'The user of a session was sent a message.',
  'shadowing.requested': 'A helper asked to look at a session.',
  'shadowing.began': 'A helper looks at a session.',
  'shadowing.declined': 'A helper was not let in, or not answered.',
  'shadowing.ended': 'A helper looks at a session no longer.',
  'token.reused': 'A refresh token was used twice; all tokens of its family were revoked.',
  'request.refused': 'A request was refused.',
  'audit.exported': 'The audit log was exported.',
  'audit.pruned': 'Old entries of the audit log were removed.',
} as const satisfies Record<string, string>;
export type AuditAction = keyof typeof auditActions;

export const auditActionSchema = z.enum(
  // Object.keys gives the keys of the constant above, which TypeScript calls strings.
  Object.keys(auditActions) as [AuditAction, ...AuditAction[]],
);

/** Who or what: an id that does not change, and the name that it had then. */
const partySchema = z.strictObject({
  kind: z.enum([
    'user',
    'terminal',
    'command-line',
    'broker',
    'nobody',
    'group',
    'role',
    'desktop',
    'pool',
    'image',
    'server',
    'session',
    'terminal-group',
    'enrollment-token',
    'route',
  ]),
  id: z.string().max(200),
  name: z.string().max(200),
});
export type AuditParty = z.infer<typeof partySchema>;

/** What is to be written. */
export const auditEntrySchema = z.strictObject({
  action: auditActionSchema,
  actor: partySchema,
  target: partySchema.nullable(),
  /** Network address that it came from; null for the broker's own doing and the command line. */
  address: z.string().max(64).nullable(),
  terminalId: z.string().max(64).nullable(),
  outcome: z.enum(['done', 'refused']),
  /** Why it was refused. */
  code: z.enum(errorCodes).nullable(),
  /** What else is worth knowing, such as the fields that were changed. Never a secret. */
  detail: z.record(z.string().max(60), z.union([z.string().max(400), z.number(), z.boolean()])),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

/**
 * What was written. `hash` is the SHA-256 (hexadecimal) of the event without it, in the form of RFC
 * 8785, and `previous` the hash of the event before, so that none can be changed or taken out
 * without all later ones telling.
 */
export const auditEventSchema = auditEntrySchema.extend({
  number: z.number().int().positive(),
  at: z.iso.datetime(),
  previous: z.string(),
  hash: z.string(),
});
export type AuditEvent = z.infer<typeof auditEventSchema>;
