import type { Command } from 'commander';
import { loadConfig } from '../../broker/config-file.ts';
import type { CommandContext } from './context.ts';

/** `--config` and `--data-dir` of `porthole broker`, which its commands belong to. */
type BrokerOptions = { config?: string; dataDir?: string };

/** Where a broker keeps what it is made of. @throws config-unreadable, config-invalid */
export async function placeOf(command: Command, { env, uid }: CommandContext) {
  const { config: file, dataDir: given } = command.optsWithGlobals<BrokerOptions>();
  const overrides = given === undefined ? {} : { dataDir: given };
  const { dataDir, tls } = await loadConfig({ file, overrides, env, uid });
  return { dataDir, databaseUrl: env.DATABASE_URL, givesCertificate: tls.cert !== undefined };
}
