import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probeDisplay } from './doctor/machine.ts';
import { runInForeground } from './foreground.ts';
import { startHeadlessDisplay } from './headless-display.ts';
import type { Progress } from './progress.mjs';
import { scriptEnvironment } from './script.ts';
import type { Setup } from './setup.ts';
import {
  playwrightReportSchema,
  silentFailure,
  sumOf,
  type Tally,
  tallyLines,
  tallyOfPlaywright,
  tallySchema,
} from './test-tally.ts';

type TestDeps = {
  setup: Setup;
  env: NodeJS.ProcessEnv;
  progress: Progress;
  signal: AbortSignal;
};

/** Where and how the tests are run. */
type Run = { root: string; env: NodeJS.ProcessEnv; folder: string; signal: AbortSignal };

/**
 * Runs every test of the project. Ends with a line of its own on stdout,
 * `N passed, N failed, N skipped`, after a line for each test that was skipped
 * or failed.
 * @returns exit code: 0 when none failed
 */
export async function runTests({ setup, env, progress, signal }: TestDeps): Promise<number> {
  const { root } = setup.locations;
  await setup.image();
  const told = { ...env, ...(await scriptEnvironment(setup)) };
  const { ok: hasDisplay } = await probeDisplay(env);
  const display = hasDisplay ? null : await startHeadlessDisplay(setup.locations, env);
  const folder = await mkdtemp(join(tmpdir(), 'porthole-tests-'));
  try {
    const run: Run = {
      root,
      env: display === null ? told : { ...told, DISPLAY: display.name },
      folder,
      signal,
    };
    const tallies = [await vitest(run)];
    for (const config of playwrightConfigs(root)) {
      if (signal.aborted) break;
      progress.note(`\nEnd to end: ${config}`);
      tallies.push(await playwright(run, config));
    }
    const sum = sumOf(tallies);
    process.stdout.write(`\n${tallyLines(sum).join('\n')}\n`);
    return sum.failed.length === 0 && !signal.aborted ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
    await display?.dispose();
  }
}

async function vitest({ root, env, folder, signal }: Run): Promise<Tally> {
  const file = join(folder, 'vitest.json');
  const script = join(root, 'src/setup/vitest-run.ts');
  const exitCode = await runInForeground(process.execPath, [script, file], {
    cwd: root,
    env,
    signal,
  });
  const parse = (value: unknown) => tallySchema.parse(value);
  return answered('vitest', parse, exitCode, await report(file));
}

/** Each of them is a kind of end-to-end tests: the packaged app, the screens in a browser. */
function playwrightConfigs(root: string): string[] {
  return readdirSync(root).filter((name) => /^playwright[a-z.]*\.config\.ts$/.test(name));
}

async function playwright({ root, env, folder, signal }: Run, config: string): Promise<Tally> {
  const file = join(folder, `${config}.json`);
  const cli = join(root, 'node_modules/@playwright/test/cli.js');
  const args = [cli, 'test', '--config', config, '--reporter', 'list,json'];
  const exitCode = await runInForeground(process.execPath, args, {
    cwd: root,
    env: { ...env, PLAYWRIGHT_JSON_OUTPUT_FILE: file },
    signal,
  });
  const parse = (value: unknown) => tallyOfPlaywright(playwrightReportSchema.parse(value));
  return answered(config, parse, exitCode, await report(file));
}

async function report(file: string): Promise<unknown> {
  return existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : null;
}

/** A runner that failed although all of its tests passed has failed all the same. */
function answered(
  runner: string,
  parse: (value: unknown) => Tally,
  exitCode: number,
  value: unknown,
): Tally {
  if (value === null) return silentFailure(runner);
  const tally = parse(value);
  return exitCode === 0 || tally.failed.length > 0 ? tally : sumOf([tally, silentFailure(runner)]);
}
