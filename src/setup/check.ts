import { join } from 'node:path';
import { runCommand } from '../desktops/command.ts';
import { layerFaults, readSources } from './import-layers.ts';
import { locationsOf } from './locations.ts';

type Verdict = { name: string; faults: string | null };

/** `npm run check`: a line for each part, and what is wrong below it. */
export async function check(root: string): Promise<boolean> {
  const verdicts = await Promise.all([
    tool(root, 'types', 'tsc', ['--noEmit']),
    tool(root, 'lint and format', 'biome', ['ci', '--colors=off', '.']),
    layers(root),
  ]);
  for (const { name, faults } of verdicts) {
    process.stdout.write(faults === null ? `✓ ${name}\n` : `✗ ${name}\n${faults.trimEnd()}\n`);
  }
  return verdicts.every(({ faults }) => faults === null);
}

async function tool(root: string, name: string, bin: string, args: string[]): Promise<Verdict> {
  const program = join(root, 'node_modules/.bin', bin);
  const { exitCode, stdout, stderr } = await runCommand(program, args, { cwd: root });
  return { name, faults: exitCode === 0 ? null : `${stdout}${stderr}` };
}

async function layers(root: string): Promise<Verdict> {
  const faults = layerFaults(readSources(root));
  const lines = faults.map(({ file, line, message }) => `${file}:${line} ${message}`);
  return { name: 'import layers', faults: lines.length === 0 ? null : lines.join('\n') };
}

if (import.meta.main) {
  process.exitCode = (await check(locationsOf(process.env).root)) ? 0 : 1;
}
