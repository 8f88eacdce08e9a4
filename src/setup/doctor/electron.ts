import { runCommand } from '../../desktops/command.ts';
import type { ElectronRuntime } from '../electron-distribution.ts';
import type { Finding } from './check.ts';

export async function probeElectron(find: () => Promise<ElectronRuntime>): Promise<Finding> {
  return { ok: true, found: (await find()).line };
}

/** Whether the system has all the libraries that the executable is linked against. */
export async function probeElectronLibraries(
  find: () => Promise<ElectronRuntime>,
): Promise<Finding> {
  const { executable } = await find();
  const { stdout } = await runCommand('ldd', [executable]);
  const missing = missingLibraries(stdout);
  return missing.length === 0
    ? { ok: true, found: 'all libraries that Electron is linked against' }
    : { ok: false, found: `Electron lacks ${missing.join(', ')}` };
}

/** @param listing as printed by ldd: `libgtk-3.so.0 => not found` */
export function missingLibraries(listing: string): string[] {
  return [...listing.matchAll(/^\s*(\S+) => not found$/gm)].flatMap(([, name]) => name ?? []);
}
