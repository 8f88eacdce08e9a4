import { Command } from 'commander';
import { permissions } from '../../../contract/permissions.ts';
import { tableText } from '../table.ts';
import type { AdminContext } from './admin-context.ts';
import { collect } from './options.ts';

const permissionList = Object.entries(permissions)
  .map(([name, meaning]) => `  ${name.padEnd(18)}${meaning}`)
  .join('\n');

export function roleCommand({ withAdmin, stdout }: AdminContext): Command {
  const role = new Command('role')
    .description('Roles: what the members of groups may do.')
    .addHelpText('after', `\nPermissions:\n${permissionList}`);
  role
    .command('add <name>')
    .description('Adds a role.')
    .requiredOption('--allow <permission>', 'what it allows; may be repeated', collect)
    .action(async (name: string, { allow }: { allow: string[] }) => {
      await withAdmin((admin) => admin.addRole({ name, permissions: allow }));
    });
  role
    .command('change <name>')
    .description('Renames a role, or lets it allow this in place of what it does.')
    .option('--name <name>', 'its new name')
    .option('--allow <permission>', 'what it allows; may be repeated', collect)
    .action(async (current: string, { name, allow }: { name?: string; allow?: string[] }) => {
      await withAdmin((admin) => admin.changeRole({ role: current, name, permissions: allow }));
    });
  role
    .command('remove <name>')
    .description('Removes a role that is not built in.')
    .action(async (name: string) => {
      await withAdmin((admin) => admin.removeRole(name));
    });
  role
    .command('list')
    .description('Lists all roles.')
    .action(async () => {
      const roles = await withAdmin((admin) => admin.listRoles());
      const rows = roles.map(({ name, builtIn, permissions: allowed }) => {
        return [name, builtIn ? 'built in' : 'own', allowed.join(', ')];
      });
      stdout.write(tableText(['NAME', 'KIND', 'ALLOWS'], rows));
    });
  return role;
}
