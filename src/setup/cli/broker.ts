import { Command } from 'commander';
import { loadConfig } from '../../broker/config-file.ts';
import { createLog } from '../../broker/log.ts';
import { serve } from '../../broker/main.ts';
import { portNumber } from '../port-number.ts';
import { backupCommand, restoreCommand } from './backup.ts';
import type { CommandContext } from './context.ts';
import { rolloverCommand } from './rollover.ts';

type BrokerOptions = {
  config?: string;
  host?: string;
  port?: number;
  dataDir?: string;
  leaveDesktops?: boolean;
};

export function brokerCommand(context: CommandContext): Command {
  const { env, uid, signal, stdout } = context;
  return new Command('broker')
    .description('Runs a broker until it is stopped by Ctrl-C or SIGTERM.')
    .option('--config <file>', 'configuration file, JSON; the options below take precedence')
    .option('--host <address>', 'address to listen on (default 127.0.0.1)')
    .option('--port <number>', 'port to listen on, 0 for any (default 7600)', portNumber)
    .option('--data-dir <folder>', 'users, desktops and sessions are kept here')
    .option('--leave-desktops', 'at the end let desktops run on, for the next broker to take up')
    .addHelpText(
      'after',
      `
Prints its address once it listens; its log goes to stderr, one JSON object a line.
Its store is a file in the data folder; with DATABASE_URL=postgres://user:password@host/database in
the environment it is that database.
The API is described at /v1/openapi.json.`,
    )
    .addCommand(backupCommand(context))
    .addCommand(restoreCommand(context))
    .addCommand(rolloverCommand(context))
    .action(async (options: BrokerOptions) => {
      const { config: file, leaveDesktops, ...overrides } = options;
      await serve(await loadConfig({ file, overrides, env, uid }), {
        log: createLog(process.stderr),
        databaseUrl: env.DATABASE_URL,
        signal,
        onListening: ({ url }) => stdout.write(`${url}\n`),
        atEnd: leaveDesktops ? 'leave' : 'stop',
      });
    });
}
