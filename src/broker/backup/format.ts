import { z } from 'zod';
import type { Tables } from '../store/schema.ts';

/*
 * A backup is lines of JSON, compressed by gzip (RFC 1952): a header, each row of each table, each
 * key file of the broker, and the SHA-256 of all lines before. It holds everything that makes the
 * broker itself: who has it can be the broker, and read the second factors of its users.
 */

/** All tables but the one by which a store is told from others. */
export type BackedUpTable = Exclude<keyof Tables, 'store'>;

/** Columns of each table that the database fills by itself; tables after those they refer to. */
const generated: Readonly<Record<BackedUpTable, readonly string[]>> = {
  users: [],
  groups: [],
  group_members: [],
  group_claims: [],
  roles: [],
  group_roles: [],
  pools: [],
  entitlements: [],
  terminal_groups: [],
  terminals: [],
  enrollment_tokens: [],
  seats: [],
  oidc_artifacts: [],
  sessions: [],
  session_messages: [],
  step_durations: ['id'],
  kept_disks: [],
  removed_disks: [],
  machines: [],
  servers: [],
  snapshots: [],
  masters: [],
  host_samples: [],
  host_usage: [],
  heartbeat: [],
  audit_start: [],
  audit_events: [],
};

// Object.keys gives the keys of the constant above, which TypeScript calls strings.
export const tableNames = Object.keys(generated) as [BackedUpTable, ...BackedUpTable[]];

export function isBackedUp(table: BackedUpTable, column: string): boolean {
  return !generated[table].includes(column);
}

const headerSchema = z.strictObject({
  format: z.literal('porthole-backup'),
  version: z.literal(1),
  /** What the store had been through. */
  migrations: z.array(z.string()),
  createdAt: z.iso.datetime(),
});

const rowSchema = z.strictObject({
  table: z.enum(tableNames),
  row: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
});

const keyFileSchema = z.strictObject({
  /** Name in the folder of keys: no path. */
  keyFile: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/),
  mode: z.number().int().min(0).max(0o777),
  content: z.base64(),
});

const endSchema = z.strictObject({ sha256: z.string() });

export const lineSchema = z.union([rowSchema, keyFileSchema, headerSchema, endSchema]);
export type BackupLine = z.infer<typeof lineSchema>;
export type BackupRow = z.infer<typeof rowSchema>;
export type BackupKeyFile = z.infer<typeof keyFileSchema>;
export type BackupHeader = z.infer<typeof headerSchema>;
