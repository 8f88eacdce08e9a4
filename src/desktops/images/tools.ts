import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { createInterface } from 'node:readline';
import { CodedError } from '../../contract/errors.ts';
import { errnoOf } from './file-error.ts';

/** The programs that images are built and kept with, and the Debian packages they come from. */
export const imageTools = {
  fakeroot: 'fakeroot',
  mke2fs: 'e2fsprogs',
  mmdebstrap: 'mmdebstrap',
  newuidmap: 'uidmap',
  'qemu-img': 'qemu-utils',
} as const;

/** Debian packages to install for building images, the archive's keys included. */
export const imageBuildPackages: readonly string[] = [
  ...Object.values(imageTools),
  'debian-archive-keyring',
].sort();

export type ToolOptions = {
  /** Each line of standard output and error, as it comes; a carriage return ends a line too. */
  onLine?: (line: string) => void;
  env?: Readonly<Record<string, string>>;
  /** Exit codes besides 0 that are no failure. */
  accept?: readonly number[];
  signal?: AbortSignal | undefined;
};

/**
 * Runs a program to its end.
 * @returns what it wrote to standard output
 * @throws tool-missing, disk-full, command-failed; the signal's reason once the program has ended
 */
export type RunTool = (
  program: string,
  args: readonly string[],
  options?: ToolOptions,
) => Promise<string>;

/** Lines of standard error that an error message quotes. */
const quotedLines = 8;

export const runTool: RunTool = async (
  program,
  args,
  { onLine, env, accept = [], signal } = {},
) => {
  signal?.throwIfAborted();
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C', ...env, PATH: searchPath(process.env.PATH) },
  });
  const output: string[] = [];
  const complaints: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    output.push(line);
    onLine?.(line);
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    complaints.push(line);
    if (complaints.length > quotedLines) complaints.shift();
    onLine?.(line);
  });
  const stop = () => child.kill('SIGTERM');
  signal?.addEventListener('abort', stop, { once: true });
  try {
    // 'close' waits for the pipes: then what the program had started itself is gone as well.
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    signal?.throwIfAborted();
    if (exitCode === null || ![0, ...accept].includes(exitCode)) throw failure(program, complaints);
    return output.join('\n');
  } catch (error) {
    throw errnoOf(error) === 'ENOENT' ? missing(program, error) : error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
};

/** Debian keeps mke2fs where the PATH of a plain user does not look. */
function searchPath(path: string | undefined): string {
  return [path ?? '', '/usr/sbin', '/sbin'].join(delimiter);
}

function failure(program: string, complaints: readonly string[]): CodedError {
  const said = complaints.join('\n').trim();
  const full = /No space left on device|not enough free space/i.test(said);
  return new CodedError(full ? 'disk-full' : 'command-failed', { detail: `${program}: ${said}` });
}

function missing(program: string, cause: unknown): CodedError {
  const known = Object.entries(imageTools).find(([name]) => name === program);
  const where = known === undefined ? '' : ` of the Debian package ${known[1]}`;
  return new CodedError('tool-missing', { detail: `${program}${where}`, cause });
}
