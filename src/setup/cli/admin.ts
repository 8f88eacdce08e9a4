import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { openAdmin } from '../../broker/admin.ts';
import { CodedError } from '../../contract/errors.ts';
import type { AdminContext } from './admin/admin-context.ts';
import { auditCommand } from './admin/audit.ts';
import { enrollCommand } from './admin/enrollment.ts';
import { groupCommand } from './admin/groups.ts';
import { hostCommand } from './admin/host.ts';
import { imageCommand } from './admin/images.ts';
import { poolCommand } from './admin/pools.ts';
import { roleCommand } from './admin/roles.ts';
import { serverCommand } from './admin/servers.ts';
import { logsCommand, sessionCommand } from './admin/sessions.ts';
import { terminalGroupCommand } from './admin/terminal-groups.ts';
import { terminalCommand } from './admin/terminals.ts';
import { userCommand } from './admin/users.ts';
import type { CommandContext } from './context.ts';

const subjects = [
  userCommand,
  groupCommand,
  roleCommand,
  poolCommand,
  imageCommand,
  serverCommand,
  hostCommand,
  terminalCommand,
  terminalGroupCommand,
  enrollCommand,
  sessionCommand,
  logsCommand,
  auditCommand,
];

/** Everything here works on the broker's store, whether the broker runs or not. */
export function adminCommand(context: CommandContext): Command {
  const admin = onStore(new Command('admin'), context).description(
    'Looks after a broker: who may use it, with which terminals, and what was done.',
  );
  const adminContext = adminContextOf(admin, context);
  for (const create of subjects) admin.addCommand(create(adminContext));
  return admin;
}

/** `porthole admin user`, also where people look for it first. */
export function usersCommand(context: CommandContext): Command {
  // The options of the store belong to `admin` there, and to the command itself here.
  const holder = onStore(new Command('user'), context);
  const user = userCommand(adminContextOf(holder, context));
  holder.description(user.description());
  for (const command of user.commands) holder.addCommand(command);
  return holder;
}

function onStore(command: Command, { locations }: CommandContext): Command {
  return command
    .option('--data-dir <folder>', 'data folder of the broker', locations.brokerData)
    .option('--cache-dir <folder>', 'its cache, with its images', locations.cache)
    .addHelpText(
      'after',
      `
Works on the broker's store, whether the broker runs or not: a running one takes a change up within
seconds. With DATABASE_URL=postgres://… in the environment, as the broker has it, that is the store.`,
    );
}

function adminContextOf(command: Command, context: CommandContext): AdminContext {
  const folders = () => command.opts<{ dataDir: string; cacheDir: string }>();
  return {
    ...context,
    cacheDir: () => folders().cacheDir,
    withAdmin: async (work) => {
      const { dataDir, cacheDir } = folders();
      // The first user may be added before the first start; a mistyped folder is not to be made.
      if (command.getOptionValueSource('dataDir') === 'cli' && !existsSync(dataDir)) {
        throw new CodedError('store-missing', { detail: dataDir });
      }
      const databaseUrl = context.env.DATABASE_URL;
      const opened = await openAdmin({ dataDir, cacheDir, databaseUrl });
      try {
        return await work(opened);
      } finally {
        await opened.close();
      }
    },
  };
}
