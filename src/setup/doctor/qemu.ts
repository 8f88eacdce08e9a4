import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runSuccessfully } from '../../desktops/command.ts';
import type { Finding } from './check.ts';

/** @param searchPath as in PATH */
export async function probeProgram(program: string, searchPath: string): Promise<Finding> {
  const path = locate(program, searchPath);
  if (path === null) return { ok: false, found: `${program} is not on the PATH` };
  const [firstLine = ''] = (await runSuccessfully(path, ['--version'])).split('\n');
  return { ok: true, found: `${versionIn(firstLine)} at ${path}` };
}

export function locate(program: string, searchPath: string): string | null {
  const paths = searchPath.split(delimiter).map((folder) => join(folder, program));
  return paths.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not there or not for us: either way it is not the one
  }
}

/** `QEMU emulator version 7.2.22 (Debian 1:7.2+…)` → `7.2.22` */
function versionIn(line: string): string {
  return /version (\d[\w.]*)/.exec(line)?.[1] ?? line;
}
