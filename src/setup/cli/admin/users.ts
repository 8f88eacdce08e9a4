import { Command } from 'commander';
import type { Account } from '../../../contract/admin.ts';
import { readNewPassword } from '../password.ts';
import { tableText } from '../table.ts';
import type { AdminContext } from './admin-context.ts';
import { freedText } from './freed.ts';
import { collect } from './options.ts';

type NewUserOptions = { displayName?: string; group: string[]; secondFactor?: boolean };

export function userCommand(context: AdminContext): Command {
  const { withAdmin, stdout } = context;
  const user = new Command('user').description('Users who may sign in.');
  user
    .command('add <name>')
    .description('Adds a user; the password is asked for, or read from stdin.')
    .option('--display-name <text>', 'how the user is addressed; the name, unless given')
    .option('--group <name>', 'a group to put them into; may be repeated', collect, [])
    .option('--second-factor', 'they set up an authenticator app at their first sign-in')
    .addHelpText('after', '\nMembers of the group "administrators" look after the broker.')
    .action(async (username: string, options: NewUserOptions) => {
      const { displayName = username, group: groups, secondFactor = false } = options;
      const password = await readNewPassword(context);
      const account = { username, displayName, password, groups };
      await withAdmin((admin) =>
        admin.addUser({ ...account, secondFactor: secondFactor ? 'required' : 'off' }),
      );
    });
  user
    .command('rename <name> <text>')
    .description('Changes how a user is addressed; the name that they sign in by stays.')
    .action(async (username: string, displayName: string) => {
      await withAdmin((admin) => admin.changeUser({ username, displayName }));
    });
  user
    .command('password <name>')
    .description('Sets a new password and signs the user out everywhere.')
    .action(async (username: string) => {
      const password = await readNewPassword(context);
      await withAdmin((admin) => admin.setPassword({ username, password }));
    });
  user
    .command('second-factor <name>')
    .description('Asks for a new authenticator app at the next sign-in.')
    .option('--off', 'asks for none any more')
    .action(async (username: string, { off = false }: { off?: boolean }) => {
      const secondFactor = off ? 'off' : 'required';
      await withAdmin((admin) => admin.changeUser({ username, secondFactor }));
    });
  user
    .command('disable <name>')
    .description('Switches a user off and signs them out everywhere.')
    .action(async (username: string) => {
      await withAdmin((admin) => admin.changeUser({ username, disabled: true }));
    });
  user
    .command('enable <name>')
    .description('Lets a user who was switched off sign in again.')
    .action(async (username: string) => {
      await withAdmin((admin) => admin.changeUser({ username, disabled: false }));
    });
  user
    .command('remove <name>')
    .description(
      'Removes a user; their sessions end and their disks are destroyed. Says what was freed.',
    )
    .action(async (username: string) => {
      stdout.write(freedText(await withAdmin((admin) => admin.removeUser(username))));
    });
  user
    .command('list')
    .description('Lists all users.')
    .action(async () => {
      const users = await withAdmin((admin) => admin.listUsers());
      const head = ['NAME', 'DISPLAY NAME', 'GROUPS', 'FROM', 'SECOND FACTOR', 'STATE'];
      stdout.write(tableText(head, users.map(rowOf)));
    });
  return user;
}

function rowOf(user: Account): string[] {
  const from = user.kind === 'terminal' ? 'a terminal' : (user.identityProvider ?? 'here');
  return [
    user.username,
    user.displayName,
    user.groups.map(({ name }) => name).join(', '),
    from,
    user.secondFactor,
    user.disabled ? 'disabled' : 'enabled',
  ];
}
