import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { CodedError } from '../contract/errors.ts';
import { errnoOf } from './images/file-error.ts';

/** `exitCode` is null where a signal ended the program. */
type CommandResult = { exitCode: number | null; stdout: string; stderr: string };

type CommandOptions = {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Milliseconds after which the program is killed; exitCode is then null. */
  timeoutMs?: number;
  /** Ends the program with SIGTERM. */
  signal?: AbortSignal | undefined;
  /** Each line of standard output and error, as it comes; a carriage return ends a line too. */
  onLine?: ((line: string) => void) | undefined;
};

/** The end of what a program said that is worth keeping, in characters. */
const keptOutput = 1_000_000;

/** Lines of what a program said last that an error message quotes. */
const quotedLines = 8;

/**
 * Runs a program to its end, that of what it started itself included, and collects what it says.
 * @throws tool-missing when there is no such program; the signal's reason once it has ended
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  { cwd, env, timeoutMs, signal, onLine }: CommandOptions = {},
): Promise<CommandResult> {
  signal?.throwIfAborted();
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs, killSignal: 'SIGKILL' as const }),
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    const pipe = child[name].setEncoding('utf8');
    pipe.on('data', (text: string) => {
      said[name] = (said[name] + text).slice(-keptOutput);
    });
    if (onLine !== undefined) createInterface({ input: pipe }).on('line', onLine);
  }
  const stop = () => child.kill('SIGTERM');
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const exitCode = await endOf(child, program);
    signal?.throwIfAborted();
    return { exitCode, ...said };
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function endOf(child: ChildProcess, program: string): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      const missing = errnoOf(cause) === 'ENOENT';
      reject(missing ? new CodedError('tool-missing', { detail: program, cause }) : cause);
    });
    // 'close' waits for the pipes: then what the program had started itself is gone as well.
    child.once('close', resolve);
  });
}

/**
 * The same, where anything but success is a fault.
 * @returns what the program wrote to stdout
 * @throws tool-missing; command-failed with the last lines the program wrote
 */
export async function runSuccessfully(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(program, args, options);
  if (exitCode === 0) return stdout;
  const how = exitCode === null ? 'was stopped' : `ended with code ${exitCode}`;
  const last = lastLines(stderr) || lastLines(stdout);
  throw new CodedError('command-failed', { detail: `${program} ${how}: ${last}` });
}

/** What an error message quotes of a program's words. */
export function lastLines(said: string): string {
  return said.trim().split('\n').slice(-quotedLines).join('\n');
}
