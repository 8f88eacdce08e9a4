import { delimiter } from 'node:path';
import { CodedError } from '../../contract/errors.ts';
import { lastLines, runCommand } from '../command.ts';

/** The programs that images are built and kept with, and the Debian packages they come from. */
const imageTools = {
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

type ToolOptions = {
  /** Each line of standard output and error, as it comes; a carriage return ends a line too. */
  onLine?: (line: string) => void;
  env?: Readonly<Record<string, string>>;
  /** Exit codes besides 0 that are no failure. */
  accept?: readonly number[];
  signal?: AbortSignal | undefined;
};

/**
 * Runs a program to its end.
 * @returns what it wrote to standard output, without the last line break
 * @throws tool-missing, disk-full, command-failed; the signal's reason once the program has ended
 */
export type RunTool = (
  program: string,
  args: readonly string[],
  options?: ToolOptions,
) => Promise<string>;

export const runTool: RunTool = async (
  program,
  args,
  { onLine, env, accept = [], signal } = {},
) => {
  const whole = { ...process.env, LC_ALL: 'C', ...env, PATH: searchPath(process.env.PATH) };
  const running = runCommand(program, args, { env: whole, signal, onLine });
  const { exitCode, stdout, stderr } = await running.catch((error: unknown) => {
    throw isMissing(error) ? missing(program, error) : error;
  });
  if (exitCode === null || ![0, ...accept].includes(exitCode)) throw failure(program, stderr);
  return stdout.trimEnd();
};

/** Debian keeps mke2fs where the PATH of a plain user does not look. */
function searchPath(path: string | undefined): string {
  return [path ?? '', '/usr/sbin', '/sbin'].join(delimiter);
}

function failure(program: string, stderr: string): CodedError {
  const said = lastLines(stderr);
  const full = /No space left on device|not enough free space/i.test(said);
  return new CodedError(full ? 'disk-full' : 'command-failed', { detail: `${program}: ${said}` });
}

function isMissing(error: unknown): boolean {
  return error instanceof CodedError && error.code === 'tool-missing';
}

function missing(program: string, cause: unknown): CodedError {
  const known = Object.entries(imageTools).find(([name]) => name === program);
  const where = known === undefined ? '' : ` of the Debian package ${known[1]}`;
  return new CodedError('tool-missing', { detail: `${program}${where}`, cause });
}
