/**
 * What the npm scripts run once bootstrap.mjs has brought the packages. Each command loads what it
 * needs when it is run: together they would make every start wait for a second.
 */
import { join } from 'node:path';
import { Command } from 'commander';
import { explain } from './explain.ts';
import { locationsOf } from './locations.ts';
import { portNumber } from './port-number.ts';
import { createProgress } from './progress.mjs';
import { runScript } from './script.ts';
import { createSetup, requireFetched, type Setup } from './setup.ts';
import { endingSignal } from './stop-signals.ts';

type Common = { offline?: boolean };

const signal = endingSignal(process);
const progress = createProgress({ output: process.stderr, now: () => performance.now() });

async function setupFor({ offline = false }: Common): Promise<Setup> {
  const setup = createSetup({ env: process.env, progress, offline, signal });
  if (offline) await requireFetched(setup);
  return setup;
}

const program = new Command('npm').description('Porthole: what the scripts of this checkout do.');

function command(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option('--offline', 'fetch nothing; say what is missing and end with exit code 2');
}

command('start', 'Starts a broker and a terminal, and shows the demo desktop.')
  .option('--by-hand', 'leave signing in and choosing a desktop to you')
  .option('--headless', 'without a display: write a picture of the window at each change')
  .option('--pictures <folder>', 'where --headless writes them', 'porthole-screenshots')
  .option('--once', 'end as soon as the desktop is shown')
  .option('--port <number>', 'port of the broker, 0 for any', portNumber, 7600)
  .action(async (options) => {
    const { env } = process;
    const { start } = await import('./start.ts');
    process.exitCode = await start(options, {
      setup: await setupFor(options),
      env,
      progress,
      signal,
    });
  });

command('test', 'Runs every test: unit, integration and end to end.').action(async (options) => {
  const { env } = process;
  const { runTests } = await import('./test.ts');
  process.exitCode = await runTests({ setup: await setupFor(options), env, progress, signal });
});

command('check', 'Checks types, lint, format and import layers.').action(async () => {
  const { check } = await import('./check.ts');
  process.exitCode = (await check(locationsOf(process.env).root)) ? 0 : 1;
});

command('package [targets...]', 'Packages the app; targets as electron-builder has them.')
  .allowUnknownOption()
  .addHelpText('after', '\nFor example: npm run package -- --linux dir')
  .action(async (targets: string[], options: Common) => {
    const setup = await setupFor(options);
    const folder = await setup.packages(targets.length > 0 ? targets : ['--linux', 'dir']);
    process.stdout.write(`${folder}\n`);
  });

/** Scripts that do their own work on a machine that was made ready. */
const scripts = [
  ['smoke', 'test/smoke/smoke.ts', 'Starts a session end to end and prints what it took, as JSON.'],
  ['bench', 'test/bench/run.ts', 'Measures: npm run bench -- NAME --json.'],
  ['screenshots', 'test/screenshots/take.ts', 'Takes the screenshots of the README.'],
] as const;

for (const [name, file, description] of scripts) {
  command(`${name} [args...]`, description)
    .allowUnknownOption()
    .action(async (args: string[], options: Common) => {
      const setup = await setupFor(options);
      const script = join(setup.locations.root, file);
      process.exitCode = await runScript(script, args, { setup, env: process.env, signal });
    });
}

try {
  await program.parseAsync();
} catch (error) {
  const { text, exitCode } = explain(error);
  process.stderr.write(`\n${text}\n`);
  process.exitCode = exitCode;
}
