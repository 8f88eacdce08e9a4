import { spawn } from 'node:child_process';

type ForegroundOptions = { cwd: string; env: NodeJS.ProcessEnv; signal: AbortSignal };

/** Runs a program that talks to the person itself. @returns its exit code, 1 after a signal */
export function runInForeground(
  program: string,
  args: readonly string[],
  { cwd, env, signal }: ForegroundOptions,
): Promise<number> {
  const child = spawn(program, args, { cwd, env, stdio: 'inherit' });
  const end = () => child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      signal.removeEventListener('abort', end);
      resolve(code ?? 1);
    });
  });
}
