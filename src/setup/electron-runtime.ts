import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { CodedError } from '../contract/errors.ts';
import type { ElectronRuntime, RuntimeSearch } from './electron-distribution.ts';
import { findPinnedElectron } from './electron-pinned.ts';
import { findRegistryElectron } from './electron-registry.ts';
import { executableName } from './executable-name.mjs';
import { registryRuntime } from './registry-runtime.mjs';

/**
 * The Electron that runs the terminal in development, demo and tests. Looked for, in this order:
 * where ELECTRON_OVERRIDE_DIST_PATH points, the pinned version of the `electron` package, and, on
 * Linux x64 where that cannot be downloaded, the one inside a package of the npm registry.
 * @throws electron-missing, offline-missing; download-damaged where the registry sent another file
 */
export async function findElectron(search: RuntimeSearch): Promise<ElectronRuntime> {
  const override = search.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (override !== undefined && override !== '') return overriding(override);
  const pinned = await findPinnedElectron(search);
  if (pinned.kind === 'found') {
    const { version } = pinned;
    return runtimeIn(pinned.dir, version, 'pinned', `Electron ${version}, the pinned version.`);
  }
  const registry = await findRegistryElectron(search);
  if (registry !== null) {
    const { electron, name } = registryRuntime;
    const line = `Electron ${electron} of the registry package ${name}: ${pinned.why}.`;
    return runtimeIn(registry, electron, 'registry', line);
  }
  throw new CodedError(search.network === 'forbidden' ? 'offline-missing' : 'electron-missing', {
    detail: `Electron: ${pinned.why}`,
  });
}

async function overriding(dir: string): Promise<ElectronRuntime> {
  const name = 'ELECTRON_OVERRIDE_DIST_PATH';
  if (!isAbsolute(dir) || !existsSync(join(dir, executableName()))) {
    throw new CodedError('electron-missing', {
      detail: `${name} is "${dir}", which is not the absolute path of a folder with ${executableName()} in it`,
    });
  }
  const version = await distributionVersion(dir);
  return runtimeIn(dir, version, 'override', `Electron ${version}, which ${name} points to.`);
}

/** Every distribution of Electron has its version in a file of that name. */
async function distributionVersion(dir: string): Promise<string> {
  const file = join(dir, 'version');
  if (!existsSync(file)) return 'of unknown version';
  return (await readFile(file, 'utf8')).trim().replace(/^v/, '');
}

function runtimeIn(
  dir: string,
  version: string,
  source: ElectronRuntime['source'],
  line: string,
): ElectronRuntime {
  return { dir, executable: join(dir, executableName()), version, source, line };
}
