import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { AsyncDisposable } from '../../../src/contract/disposable.ts';

/** A program of this folder in a process of its own, so that none shares another's event loop. */
export async function startChild(
  script: string,
  args: string[],
): Promise<AsyncDisposable & { readonly line: string }> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    child.stdout.resume();
    return { line, dispose: () => end(child) };
  }
  throw new Error(`${script} ended before it was ready`);
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
