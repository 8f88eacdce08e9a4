import { Command } from 'commander';
import { backUpBroker, restoreBroker } from '../../broker/backup/backups.ts';
import { systemClock } from '../../contract/clock.ts';
import { placeOf } from './broker-place.ts';
import type { CommandContext } from './context.ts';

export function backupCommand(context: CommandContext): Command {
  return new Command('backup')
    .argument('<file>', 'where it goes; nothing is overwritten')
    .description('Writes the store and the keys of a broker to a file; it may run meanwhile.')
    .addHelpText(
      'after',
      `
Whoever has the file can pass for this broker: keep it as safe as the broker itself.
Images and the disks of running desktops are not in it.`,
    )
    .action(async (file: string, _options: object, command: Command) => {
      await backUpBroker({ ...(await placeOf(command, context)), file, clock: systemClock });
    });
}

export function restoreCommand(context: CommandContext): Command {
  return new Command('restore')
    .argument('<file>', 'as "porthole broker backup" wrote it')
    .description('Makes a broker that does not run the one that was backed up.')
    .option('--replace', 'even where there is one already, which is lost then')
    .addHelpText(
      'after',
      `
With DATABASE_URL=postgres://… in the environment the store is restored there, wherever it was.
Terminals and users whose tokens were renewed after the backup enroll and sign in again.`,
    )
    .action(async (file: string, { replace = false }: { replace?: boolean }, command: Command) => {
      const place = await placeOf(command, context);
      await restoreBroker({ ...place, file, replace, clock: systemClock });
    });
}
