import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { AsyncDisposable } from '../contract/disposable.ts';
import { CodedError } from '../contract/errors.ts';

type ChildOptions = {
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** File that takes what the program says; it is begun anew. */
  log: string;
  /** Opens a message channel to a child that is a Node. */
  channel?: boolean;
  /** Opens a pipe from the child on file descriptor 3. */
  extraPipe?: boolean;
  /** Milliseconds that the program may take to end in order before it is killed. */
  endLimitMs?: number;
};

/** A program of ours that runs until it is disposed of. */
export type Child = AsyncDisposable & {
  readonly process: ChildProcess;
  /** Resolves at its end, with how it ended in words. Never rejects. */
  readonly ended: Promise<string>;
};

/** The broker shuts its desktops down first. */
const usualEndLimitMs = 20_000;

/**
 * Starts a program in a process group of its own: Ctrl-C reaches only us, so that we end what we
 * started in the right order, and all that it started goes with it.
 * @throws tool-missing
 */
export async function startChild(
  program: string,
  args: readonly string[],
  { env, cwd, log, channel = false, extraPipe = false, endLimitMs = usualEndLimitMs }: ChildOptions,
): Promise<Child> {
  const output = openSync(log, 'w', 0o600);
  const child = spawn(program, args, {
    cwd,
    env,
    detached: true,
    stdio: [
      'ignore',
      output,
      output,
      extraPipe ? 'pipe' : 'ignore',
      ...(channel ? ['ipc' as const] : []),
    ],
  });
  closeSync(output);
  const ended = endOf(child);
  await begun(child, program);
  return {
    process: child,
    ended,
    dispose: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      const late = new AbortController();
      await Promise.race([
        ended,
        wait(endLimitMs, undefined, { signal: late.signal }).catch(() => {
          // The limit is called off below once the program has ended.
        }),
      ]);
      late.abort();
      killGroup(child);
      await ended;
    },
  };
}

function begun(child: ChildProcess, program: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) => {
      reject(new CodedError('tool-missing', { detail: program, cause }));
    });
  });
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      resolve(signal === null ? `ended with code ${code}` : `was ended by ${signal}`);
    });
  });
}

/** Ends whatever is left of the group that the child led. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // ESRCH: nobody is left in it, as it should be.
  }
}
