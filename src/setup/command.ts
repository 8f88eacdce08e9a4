import { spawn } from 'node:child_process';
import { CodedError } from '../contract/errors.ts';

export type CommandResult = { exitCode: number | null; stdout: string; stderr: string };

export type CommandOptions = {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Milliseconds after which the program is killed; exitCode is then null. */
  timeoutMs?: number;
  signal?: AbortSignal;
};

/** The end of what a program said that is worth keeping, in characters. */
const keptOutput = 1_000_000;

/**
 * Runs a program to its end and collects what it says.
 * @throws tool-missing when there is no such program
 */
export function runCommand(
  program: string,
  args: readonly string[],
  { cwd, env, timeoutMs, signal }: CommandOptions = {},
): Promise<CommandResult> {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs, killSignal: 'SIGKILL' as const }),
    ...(signal === undefined ? {} : { signal }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(-keptOutput);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-keptOutput);
  });
  return new Promise((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) => {
      const missing = cause.code === 'ENOENT';
      reject(missing ? new CodedError('tool-missing', { detail: program, cause }) : cause);
    });
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
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
  const last = (stderr.trim() || stdout.trim()).split('\n').slice(-8).join('\n');
  const how = exitCode === null ? 'was stopped' : `ended with code ${exitCode}`;
  throw new CodedError('command-failed', { detail: `${program} ${how}: ${last}` });
}
