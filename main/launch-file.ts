import { rmSync } from 'node:fs';
import { z } from 'zod';
import { digestSchema } from '../src/contract/identity.ts';
import { brokerAddressSchema } from '../src/contract/terminal.ts';
import { enrollmentTokenSchema } from './enroll-file.ts';
import { type FileUser, parseTrusted, readTrustedFile, untrusted } from './trusted-file.ts';
import { vaultPolicySchema } from './vault/order.ts';

/** What the program that starts the terminal hands over: a broker, and who enrolls and signs in. */
const launchSchema = z.strictObject({
  broker: brokerAddressSchema,
  /** Enrolls without an administrator; `ca` is what the broker's certificate is traced to. */
  enroll: z.strictObject({ token: enrollmentTokenSchema, ca: digestSchema }).nullable(),
  /** Signs this user in by itself and opens their first desktop. */
  demo: z.strictObject({ username: z.string().max(64), password: z.string().max(256) }).nullable(),
  /** Holds where the machine has no policy of its own. */
  vault: vaultPolicySchema.default('auto'),
  /** Whether the file is removed as soon as it is read, since its secrets are good for one start. */
  once: z.boolean().default(false),
});
export type Launch = z.infer<typeof launchSchema>;

/**
 * Reads the launch file, which holds secrets: it has to be a regular file of this user that nobody
 * else can read.
 *
 * @throws config-unreadable, config-invalid
 */
export function readLaunchFile(file: string, user: FileUser): Launch {
  const text = readTrustedFile(file, user, 'own');
  if (text === null) throw untrusted(file, 'is not there');
  const launch = parseTrusted(file, text, launchSchema);
  if (launch.once) rmSync(file, { force: true });
  return launch;
}
