import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { openAdmin } from '../../broker/admin.ts';
import { CodedError } from '../../contract/errors.ts';
import type { AdminContext } from './admin/admin-context.ts';
import { auditCommand } from './admin/audit.ts';
import { desktopCommand } from './admin/desktops.ts';
import { enrollCommand } from './admin/enrollment.ts';
import { groupCommand } from './admin/groups.ts';
import { roleCommand } from './admin/roles.ts';
import { logsCommand, sessionCommand } from './admin/sessions.ts';
import { terminalGroupCommand } from './admin/terminal-groups.ts';
import { terminalCommand } from './admin/terminals.ts';
import { userCommand } from './admin/users.ts';
import type { CommandContext } from './context.ts';

const subjects = [
  userCommand,
  groupCommand,
  roleCommand,
  desktopCommand,
  terminalCommand,
  terminalGroupCommand,
  enrollCommand,
  sessionCommand,
  logsCommand,
  auditCommand,
];

/** Everything here works on the broker's store, whether the broker runs or not. */
export function adminCommand(context: CommandContext): Command {
  const admin = new Command('admin')
    .description('Looks after a broker: who may use it, with which terminals, and what was done.')
    .option('--data-dir <folder>', 'data folder of the broker', context.locations.brokerData)
    .option('--cache-dir <folder>', 'its cache, with its images', context.locations.cache)
    .addHelpText(
      'after',
      `
Works on the broker's store, whether the broker runs or not: a running one takes a change up within
seconds. With DATABASE_URL=postgres://… in the environment, as the broker has it, that is the store.`,
    );
  const folders = () => admin.opts<{ dataDir: string; cacheDir: string }>();
  const adminContext: AdminContext = {
    ...context,
    cacheDir: () => folders().cacheDir,
    withAdmin: async (work) => {
      const { dataDir } = folders();
      // The first user may be added before the first start; a mistyped folder is not to be made.
      if (admin.getOptionValueSource('dataDir') === 'cli' && !existsSync(dataDir)) {
        throw new CodedError('store-missing', { detail: dataDir });
      }
      const opened = await openAdmin({ dataDir, databaseUrl: context.env.DATABASE_URL });
      try {
        return await work(opened);
      } finally {
        await opened.close();
      }
    },
  };
  for (const create of subjects) admin.addCommand(create(adminContext));
  return admin;
}
