import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * What of the Electron runtime and the guest image is missing, told from their folders alone: this
 * runs where the code that knows them better cannot be loaded yet.
 * @param {string} root the checkout
 * @param {Record<string, string | undefined>} env
 * @returns {string[]} what is missing, in words
 */
export function missingRuntimeFiles(root, env) {
  const cache = join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'porthole');
  const hasElectron =
    env.ELECTRON_OVERRIDE_DIST_PATH !== undefined ||
    existsSync(join(root, 'node_modules/electron/dist')) ||
    holds(join(cache, 'electron'), 'electron');
  return [
    ...(hasElectron ? [] : ['the Electron runtime']),
    ...(holds(join(cache, 'images'), 'manifest.json') ? [] : ['the guest image']),
  ];
}

/**
 * Whether a sub-folder of `folder` has a file of this name.
 * @param {string} folder
 * @param {string} name
 */
function holds(folder, name) {
  if (!existsSync(folder)) return false;
  return readdirSync(folder).some((entry) => existsSync(join(folder, entry, name)));
}
