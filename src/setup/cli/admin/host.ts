import { Command } from 'commander';
import type { AdminContext } from './admin-context.ts';
import { historyText, hostText } from './host-text.ts';
import { wholeNumber } from './options.ts';

type HostOptions = { history?: number; json?: boolean };

export function hostCommand({ withAdmin, stdout }: AdminContext): Command {
  return new Command('host')
    .description('How much of the host is used, and by which guests.')
    .option('--history <hours>', 'over the last hours instead of now', wholeNumber)
    .option('--json', 'as JSON')
    .addHelpText('after', '\nThe broker writes the figures down every ten seconds while it runs.')
    .action(async ({ history: hours, json = false }: HostOptions) => {
      if (hours === undefined) {
        const { host, machines } = await withAdmin(async (admin) => ({
          host: await admin.hostUsage(),
          machines: await admin.machines(),
        }));
        stdout.write(json ? jsonText({ host, machines }) : hostText(host, machines));
        return;
      }
      const samples = await withAdmin((admin) => admin.hostHistory({ hours }));
      stdout.write(json ? jsonText({ samples }) : historyText(samples, hours, Date.now()));
    });
}

function jsonText(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
