import { join } from 'node:path';
import { runSuccessfully } from '../desktops/command.ts';
import type { Progress } from './progress.mjs';
import { digestOf, whenChanged } from './source-digest.ts';

/** The modes of vite.config.ts: one for each kind of process that the app has. */
const parts = ['main', 'preload', 'renderer'] as const;

const sources = [
  'main',
  'renderer',
  'src/contract',
  'src/terminal',
  'assets/icons',
  'assets/theme',
  'package.json',
  'package-lock.json',
  'vite.config.ts',
];

/**
 * Builds the app into `out/`, unless it is built from the same sources already.
 * @throws command-failed with what the build said
 */
export async function buildApp(root: string, progress: Progress): Promise<void> {
  // Whatever the person works on beside this, what is built here is what is installed.
  const env = { ...process.env, NODE_ENV: 'production' };
  await whenChanged(join(root, 'out/.digest'), digestOf(root, sources), async () => {
    const bar = progress.begin('Building the app');
    try {
      for (const [index, part] of parts.entries()) {
        bar.update(index / parts.length, part);
        const vite = join(root, 'node_modules/vite/bin/vite.js');
        await runSuccessfully(process.execPath, [vite, 'build', '--mode', part], {
          cwd: root,
          env,
        });
      }
      bar.done();
    } catch (error) {
      bar.fail();
      throw error;
    }
  });
}
