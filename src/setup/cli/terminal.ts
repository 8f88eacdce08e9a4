import { resolve } from 'node:path';
import { Command } from 'commander';
import { CodedError } from '../../contract/errors.ts';
import { probeDisplay } from '../doctor/machine.ts';
import { startHeadlessDisplay } from '../headless-display.ts';
import { watchPictures } from '../pictures.ts';
import { createSetup } from '../setup.ts';
import { needsNoSandbox, startTerminal, terminalLog } from '../terminal-process.ts';
import type { CommandContext } from './context.ts';

type TerminalOptions = { headless?: boolean; pictures: string; offline?: boolean };

export function terminalCommand(context: CommandContext): Command {
  return new Command('terminal')
    .description('Runs the terminal until its window is closed, or Ctrl-C.')
    .option('--headless', 'without a display: write a picture of the window at each change')
    .option('--pictures <folder>', 'where --headless writes them', 'porthole-screenshots')
    .option('--offline', 'fetch nothing')
    .action((options: TerminalOptions) => runTerminal(options, context));
}

async function runTerminal(
  { headless = false, pictures, offline = false }: TerminalOptions,
  { env: ownEnv, locations, progress, signal }: CommandContext,
): Promise<void> {
  if (!headless) {
    const { ok, found } = await probeDisplay(ownEnv);
    if (!ok) throw new CodedError('display-missing', { detail: found });
  }
  const setup = createSetup({ env: ownEnv, progress, offline, signal });
  const electron = await setup.electron();
  const app = await setup.app();
  const folder = headless ? resolve(pictures) : null;
  const shown = folder === null ? null : await watchPictures(folder, progress);
  const display = headless ? await startHeadlessDisplay(locations, ownEnv) : null;
  try {
    if (needsNoSandbox()) progress.note('Warning: as root the terminal runs with --no-sandbox.');
    const env = display === null ? ownEnv : { ...ownEnv, DISPLAY: display.name };
    const terminal = await startTerminal({
      locations,
      electron,
      app,
      launch: null,
      profile: null,
      env,
      pictures: folder,
    });
    signal.addEventListener('abort', () => void terminal.dispose(), { once: true });
    const how = await terminal.ended;
    await terminal.dispose();
    if (signal.aborted || how === 'ended with code 0') return;
    const detail = `the terminal ${how}; see ${terminalLog(locations)}`;
    throw new CodedError('command-failed', { detail });
  } finally {
    shown?.dispose();
    await display?.dispose();
  }
}
