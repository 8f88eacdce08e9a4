import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { loadConfig } from '../../broker/config-file.ts';
import { shownCertificate } from '../doctor/broker-certificate.ts';
import { examine, exitCodeOf } from '../doctor/check.ts';
import { createChecks } from '../doctor/checks.ts';
import { reportJson, resultLines, summaryLine } from '../doctor/report.ts';
import type { CommandContext } from './context.ts';

export function doctorCommand(context: CommandContext): Command {
  return new Command('doctor')
    .description(
      'Prints what was found of all that Porthole needs, and what to do where it is missing.',
    )
    .option('--config <file>', 'configuration file of a broker, to look at its certificate')
    .option('--json', 'print {"ok", "checks": [{"name", "ok", "needed", "found", "remedy"}]}')
    .addHelpText(
      'after',
      `
✓ is there   – is missing, but not needed   ✗ is missing and needed
Exit code: 0 when all that is needed is there, else 1. Nothing is fetched or changed.`,
    )
    .action(async ({ config: file, json = false }: { config?: string; json?: boolean }) => {
      const { env, uid, locations, progress, stdout } = context;
      const shown = shownCertificate(await loadConfig({ file, env, uid }));
      const brokerCertificate = existsSync(shown) ? shown : null;
      const checks = createChecks({ env, uid, locations, progress, brokerCertificate });
      const width = Math.max(...checks.map(({ name }) => name.length));
      const results = await examine(checks, (result) => {
        if (!json) stdout.write(`${resultLines(result, width, stdout.isTTY === true)}\n`);
      });
      stdout.write(json ? `${reportJson(results)}\n` : `\n${summaryLine(results)}\n`);
      context.endWith(exitCodeOf(results));
    });
}
