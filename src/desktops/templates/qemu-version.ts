import { stat } from 'node:fs/promises';
import { CodedError } from '../../contract/errors.ts';
import { runSuccessfully } from '../command.ts';
import { findProgram } from '../confinement/find-program.ts';

/**
 * Tells which QEMU is installed, now and after it was upgraded below a running broker. Asking the
 * program takes 30 ms, so it is asked only when its file is another one.
 * @param qemu path or name of the program
 * @param searchPath as in PATH
 */
export function qemuVersionOf(qemu: string, searchPath: string): () => Promise<string> {
  let known: { file: string; version: string } | null = null;
  return async () => {
    const path = await findProgram(qemu, searchPath);
    if (path === null) throw new CodedError('qemu-missing', { detail: qemu });
    const { ino, size, mtimeMs } = await stat(path);
    const file = [path, ino, size, mtimeMs].join(' ');
    if (known?.file !== file) known = { file, version: await askVersion(path) };
    return known.version;
  };
}

async function askVersion(path: string): Promise<string> {
  const [firstLine = ''] = (await runSuccessfully(path, ['--version'])).split('\n');
  return firstLine;
}
