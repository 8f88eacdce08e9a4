import { spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SetupStop } from './stop.mjs';

/** @import { Progress } from './progress.mjs' */

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean, os?: string[], cpu?: string[], libc?: string[] }} LockEntry
 * @typedef {Record<string, LockEntry>} LockEntries path such as `node_modules/zod` → what belongs there
 */

const pollMs = 250;
/** After this long without a package it is time to say why nothing moves. */
const patienceMs = 20_000;

/**
 * Whether node_modules holds what package-lock.json says. npm keeps its own record of what it
 * installed and writes it last, so an interrupted installation has none.
 * @param {string} root the checkout
 */
export function npmPackagesAreInstalled(root) {
  const recordFile = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(recordFile) || !existsSync(nodePath(root))) return false;
  const wanted = lockEntries(join(root, 'package-lock.json'));
  return recordMatches(wanted, lockEntries(recordFile), (path) =>
    existsSync(join(root, path, 'package.json')),
  );
}

/**
 * @param {LockEntries} wanted
 * @param {LockEntries} installed
 * @param {(path: string) => boolean} isThere
 */
export function recordMatches(wanted, installed, isThere) {
  return Object.entries(wanted).every(([path, entry]) => {
    const found = installed[path];
    if (found === undefined) return entry.optional === true || entry.devOptional === true;
    return found.version === entry.version && found.integrity === entry.integrity && isThere(path);
  });
}

/**
 * The Node that the `node` package brought.
 * @param {string} root the checkout
 */
export function nodePath(root) {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  return join(root, 'node_modules/node/bin', name);
}

/**
 * `npm ci`, with progress measured by the packages that have arrived. What was downloaded before
 * an interruption is in npm's cache, so that the next try goes on from there.
 * @param {string} root the checkout
 * @param {Progress} progress
 */
export async function installNpmPackages(root, progress) {
  const paths = expectedPaths(lockEntries(join(root, 'package-lock.json')), process);
  const bar = progress.begin(`Installing ${paths.length} npm packages`);
  const arrived = () => paths.filter((path) => existsSync(join(root, path, 'package.json'))).length;
  const patience = setTimeout(() => {
    if (arrived() === 0) progress.note('The npm registry does not answer yet; npm keeps trying.');
  }, patienceMs);
  const timer = setInterval(() => {
    const count = arrived();
    // What comes after the last package has arrived is the compiling of the keychain module.
    bar.update((0.9 * count) / paths.length, count === paths.length ? 'compiling keytar' : '');
  }, pollMs);
  try {
    await npmCi(root);
    bar.done();
  } catch (error) {
    bar.fail();
    throw error;
  } finally {
    clearInterval(timer);
    clearTimeout(patience);
  }
}

/**
 * @param {string} root
 * @returns {Promise<void>}
 */
function npmCi(root) {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const child = spawn(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    env: { ...process.env, ...headersOfNode(), NODE_ENV: 'development' },
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32', // Node starts .cmd files in no other way
  });
  let said = '';
  for (const pipe of [child.stdout, child.stderr]) {
    pipe.setEncoding('utf8').on('data', (text) => {
      said = (said + text).slice(-8000);
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', () => {
      reject(new SetupStop('npm is not on the PATH. Install it: it comes with Node.js.', 2));
    });
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new SetupStop(`${said.trim()}\n\nnpm ci ended with code ${code}.`, 1));
    });
  });
}

/**
 * node-gyp downloads the headers of Node from nodejs.org unless told where they are. Where they
 * were installed beside Node, that download is not needed.
 * @returns {Record<string, string>}
 */
function headersOfNode() {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  return existsSync(join(prefix, 'include/node/node_api.h')) ? { npm_config_nodedir: prefix } : {};
}

/**
 * Paths that npm is going to fill on this machine: packages for other systems stay out.
 * @param {LockEntries} entries
 * @param {{ platform: string, arch: string }} machine
 */
export function expectedPaths(entries, { platform, arch }) {
  return Object.entries(entries)
    .filter(([, { os, cpu, libc }]) => {
      const fits = admits(os, platform) && admits(cpu, arch);
      return fits && (platform !== 'linux' || admits(libc, 'glibc'));
    })
    .map(([path]) => path);
}

/**
 * @param {string[] | undefined} list as in package.json: names, or names with `!` before them
 * @param {string} name
 */
function admits(list, name) {
  if (list === undefined) return true;
  if (list.includes(`!${name}`)) return false;
  return list.includes(name) || list.every((entry) => entry.startsWith('!'));
}

/**
 * @param {string} file package-lock.json, or npm's record of the same form
 * @returns {LockEntries}
 */
function lockEntries(file) {
  /** @type {{ packages: LockEntries }} */
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const { '': _root, ...entries } = lock.packages;
  return entries;
}
