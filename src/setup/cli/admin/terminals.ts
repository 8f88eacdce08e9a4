import { Command } from 'commander';
import type { EnrolledTerminal } from '../../../contract/admin.ts';
import { CodedError } from '../../../contract/errors.ts';
import { fingerprintOf } from '../../../contract/identity.ts';
import { tableText } from '../table.ts';
import type { AdminContext } from './admin-context.ts';

const vaults: Record<EnrolledTerminal['vault'], string> = {
  keychain: 'keychain',
  file: 'encrypted file',
  memory: 'memory only',
};

export function terminalCommand({ withAdmin, stdout }: AdminContext): Command {
  const terminal = new Command('terminal')
    .description('Terminals that are enrolled.')
    .addHelpText('after', '\nA terminal is named by its id, or by its name where no other has it.');
  terminal
    .command('list')
    .description('Lists all terminals, the newest first.')
    .option('--ids', 'with their whole ids instead of the fingerprints of their keys')
    .action(async ({ ids = false }: { ids?: boolean }) => {
      const terminals = await withAdmin((admin) => admin.listTerminals());
      const head = [ids ? 'ID' : 'KEY', 'NAME', 'GROUP', 'MODEL', 'VAULT', 'USER', 'LAST SEEN'];
      const rows = terminals.map((row) => rowOf(row, ids));
      stdout.write(tableText([...head, 'STATE'], rows));
    });
  terminal
    .command('rename <terminal> <name>')
    .description('Gives a terminal another name.')
    .action(async (id: string, name: string) => {
      await withAdmin((admin) => admin.changeTerminal({ terminal: id, name }));
    });
  terminal
    .command('move <terminal> [group]')
    .description('Moves a terminal into a group; without one, out of the group that it is in.')
    .action(async (id: string, group: string | undefined) => {
      await withAdmin((admin) => admin.changeTerminal({ terminal: id, group: group ?? null }));
    });
  terminal
    .command('account <terminal> [desktop]')
    .description('Lets a terminal sign in by itself, without a user, and open one desktop.')
    .option('--none', 'takes its account from it: users sign in again')
    .action(async (id: string, desktop: string | undefined, { none }: { none?: boolean }) => {
      const accountDesktop = accountOf(desktop, none === true);
      await withAdmin((admin) => admin.changeTerminal({ terminal: id, accountDesktop }));
    });
  terminal
    .command('revoke <terminal>')
    .description('Takes a terminal its enrollment and ends its sessions.')
    .action(async (id: string) => {
      await withAdmin((admin) => admin.revokeTerminal(id));
    });
  return terminal;
}

function accountOf(desktop: string | undefined, none: boolean): string | null {
  if (desktop !== undefined && !none) return desktop;
  if (desktop === undefined && none) return null;
  throw new CodedError('command-invalid', { detail: 'name either a desktop or --none' });
}

function rowOf(terminal: EnrolledTerminal, ids: boolean): string[] {
  const { account, user } = terminal;
  return [
    ids ? terminal.id : fingerprintOf(terminal.id),
    terminal.name,
    terminal.group?.name ?? '',
    terminal.model,
    vaults[terminal.vault],
    account === null ? (user ?? '') : `itself, on ${account.desktop.name}`,
    terminal.seenAt,
    terminal.revoked ? 'revoked' : 'enrolled',
  ];
}
