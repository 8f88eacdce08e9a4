import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { digestOf, recipeFiles } from '../desktops/images/recipe-digest.mjs';
import { executableName } from './executable-name.mjs';
import { registryRuntime } from './registry-runtime.mjs';

/** @typedef {Readonly<Record<string, string | undefined>>} Env */

/**
 * What of the Electron runtime and the guest image is missing, told from their folders alone: this
 * runs where the code that knows them better cannot be loaded yet.
 * @param {string} root the checkout
 * @param {Env} env
 * @returns {Promise<string[]>} what is missing, in words
 */
export async function missingRuntimeFiles(root, env) {
  // As src/broker/folders.ts has it.
  const cache = join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'porthole');
  return [
    ...(hasElectron(root, cache, env) ? [] : ['the Electron runtime']),
    ...((await hasGuestImage(root, cache)) ? [] : ['the guest image']),
  ];
}

/**
 * Looks where findElectron() looks, in its order.
 * @param {string} root
 * @param {string} cache
 * @param {Env} env
 */
function hasElectron(root, cache, { ELECTRON_OVERRIDE_DIST_PATH: override }) {
  if (override) return existsSync(join(override, executableName()));
  const dist = join(root, 'node_modules/electron/dist');
  const pinned =
    existsSync(join(dist, executableName())) && versionIn(dist) === pinnedVersion(root);
  return pinned || existsSync(join(cache, 'electron', registryRuntime.electron, 'electron'));
}

/** @param {string} dist */
function versionIn(dist) {
  const file = join(dist, 'version');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().replace(/^v/, '') : null;
}

/** @param {string} root */
function pinnedVersion(root) {
  /** @type {{ packages: Record<string, { version?: string }> }} */
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return lock.packages['node_modules/electron']?.version;
}

/**
 * @param {string} root
 * @param {string} cache
 */
async function hasGuestImage(root, cache) {
  const digest = digestOf(await recipeFiles(join(root, 'assets/guest')));
  return existsSync(join(cache, 'images', digest, 'manifest.json'));
}
