import { join } from 'node:path';
import { z } from 'zod';
import { type FileUser, parseTrusted, readTrustedFile } from './trusted-file.ts';
import { vaultPolicySchema } from './vault/order.ts';

/** What an administrator decides about a terminal: `terminal.json`. */
const machinePolicySchema = z.strictObject({
  vault: vaultPolicySchema.optional(),
  /**
   * Whether whoever stands before the terminal may take it from its broker. Unless it is said, they
   * may where a person enrolled it, and it has no account of its own.
   */
  forget: z.enum(['allowed', 'refused']).optional(),
});
export type MachinePolicy = z.infer<typeof machinePolicySchema>;

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The folder of what administrators lay out for all users of this machine. Tests and packages put
 * it elsewhere with `PORTHOLE_CONFIG_DIR`.
 */
export function machineConfigFolder(env: Env, platform: NodeJS.Platform): string {
  if (env.PORTHOLE_CONFIG_DIR) return env.PORTHOLE_CONFIG_DIR;
  if (platform === 'win32') return join(env.ProgramData || 'C:\\ProgramData', 'Porthole');
  return '/etc/porthole';
}

/** @returns a policy that leaves all open when there is none @throws config-unreadable, config-invalid */
export function readMachinePolicy(folder: string, user: FileUser): MachinePolicy {
  const file = join(folder, 'terminal.json');
  const text = readTrustedFile(file, user, 'given');
  return text === null ? {} : parseTrusted(file, text, machinePolicySchema);
}
