import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AsyncDisposable } from '../../src/contract/disposable.ts';
import { firstLine } from './first-line.ts';

export type Display = AsyncDisposable & { readonly name: string };

/** A screen without a monitor (Xvfb), on a display number that Xvfb itself finds free. */
export async function startDisplay({ width = 1366, height = 768 } = {}): Promise<Display> {
  const screen = ['-screen', '0', `${width}x${height}x24`];
  const server = spawn('Xvfb', ['-displayfd', '3', ...screen, '-nolisten', 'tcp', '-noreset'], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  const numbers = server.stdio[3];
  if (!numbers || !('read' in numbers)) throw new Error('Xvfb gave no pipe for its number');
  const number = await Promise.race([
    firstLine(numbers),
    once(server, 'error').then(([error]) => Promise.reject(error)),
    once(server, 'exit').then(([code]) => Promise.reject(new Error(`Xvfb ended with ${code}`))),
  ]);
  return {
    name: `:${number}`,
    async dispose() {
      if (server.exitCode !== null) return;
      server.kill();
      await once(server, 'exit');
    },
  };
}
