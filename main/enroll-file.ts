import { z } from 'zod';
import { digestSchema } from '../src/contract/identity.ts';
import { brokerAddressSchema } from '../src/contract/terminal.ts';
import { type FileUser, parseTrusted, readTrustedFile } from './trusted-file.ts';

export const enrollmentTokenSchema = z.string().min(1).max(200);

/** What an administrator lays out on a terminal that is to enroll by itself. */
const enrollSchema = z.strictObject({
  broker: brokerAddressSchema,
  token: enrollmentTokenSchema,
  /** What the broker's certificate is traced to: SHA-256 of that key's SPKI. */
  ca: digestSchema,
});
export type UnattendedEnrollment = z.infer<typeof enrollSchema>;

/**
 * Reads `enroll.json`, whose token enrolls whoever has it: it belongs to root or to this user, and
 * nobody else may read it, save this user's group.
 *
 * @returns null when there is none
 * @throws config-unreadable, config-invalid
 */
export function readEnrollFile(file: string, user: FileUser): UnattendedEnrollment | null {
  const text = readTrustedFile(file, user, 'given-secret');
  return text === null ? null : parseTrusted(file, text, enrollSchema);
}
