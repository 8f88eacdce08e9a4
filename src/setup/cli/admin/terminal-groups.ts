import { Command } from 'commander';
import { tableText } from '../table.ts';
import type { AdminContext } from './admin-context.ts';

export function terminalGroupCommand({ withAdmin, stdout }: AdminContext): Command {
  const group = new Command('terminal-group').description(
    'Groups of terminals, such as those of one room.',
  );
  group
    .command('add <name>')
    .description('Adds a group of terminals.')
    .action(async (name: string) => {
      await withAdmin((admin) => admin.addTerminalGroup(name));
    });
  group
    .command('rename <name> <new-name>')
    .description('Gives a group of terminals another name.')
    .action(async (name: string, newName: string) => {
      await withAdmin((admin) => admin.renameTerminalGroup(name, newName));
    });
  group
    .command('remove <name>')
    .description('Removes a group of terminals; its terminals stay, in no group.')
    .action(async (name: string) => {
      await withAdmin((admin) => admin.removeTerminalGroup(name));
    });
  group
    .command('list')
    .description('Lists all groups of terminals.')
    .action(async () => {
      const groups = await withAdmin((admin) => admin.listTerminalGroups());
      const rows = groups.map(({ name, terminals }) => [name, String(terminals)]);
      stdout.write(tableText(['NAME', 'TERMINALS'], rows));
    });
  return group;
}
