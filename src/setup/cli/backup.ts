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

/** What a backup brings back with it, and nobody should find out by chance. */
function restoredText(createdAt: Date): string {
  return `The broker is as it was on ${createdAt.toISOString()}. What was changed since then is undone:
  terminals revoked, users disabled or removed, passwords changed, groups and roles changed.
  Go through what you know of and do it again.
Terminals enrolled before the backup go on by themselves within 30 days; users sign in again.
`;
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
Terminals go on by themselves for 30 days, users sign in again.`,
    )
    .action(async (file: string, { replace = false }: { replace?: boolean }, command: Command) => {
      const place = await placeOf(command, context);
      const createdAt = await restoreBroker({ ...place, file, replace, clock: systemClock });
      context.stdout.write(restoredText(createdAt));
    });
}
