import { Command, InvalidArgumentError } from 'commander';
import { parseConfig } from '../../broker/config.ts';
import { readConfig } from '../../broker/config-file.ts';
import { defaultFolders } from '../../broker/folders.ts';
import { createLog } from '../../broker/log.ts';
import { startBroker } from '../../broker/main.ts';
import type { CommandContext } from './context.ts';

type BrokerOptions = { config?: string; host?: string; port?: number; dataDir?: string };

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
Any address but the loopback one needs "tls": {"cert", "key"} in the configuration file.
The API is described at /v1/openapi.json.`,
    )
    .action(async (options: BrokerOptions & { leaveDesktops?: boolean }) => {
      const broker = await startBroker(await configOf(options, env, uid), {
        log: createLog(process.stderr),
      });
      stdout.write(`${broker.url}\n`);
      if (!signal.aborted) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      }
      await broker.close(options.leaveDesktops ? 'leave' : 'stop');
    });
}

async function configOf(
  { config: file, host, port, dataDir }: BrokerOptions,
  env: NodeJS.ProcessEnv,
  uid: number,
) {
  const folders = defaultFolders(env, uid);
  const given = file === undefined ? {} : await readConfig(file, folders, uid);
  const overriding = {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(dataDir === undefined ? {} : { dataDir }),
  };
  return parseConfig({ ...given, ...overriding }, folders);
}

function portNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= 65_535) return number;
  throw new InvalidArgumentError('A port is a number from 0 to 65535.');
}
