#!/usr/bin/env node
/**
 * What `npm start` and its like run first, on whatever Node is there (20 or newer) and with no
 * package installed: brings the system packages and the npm packages, then hands over to main.ts
 * on the project's own Node.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  aptLine,
  installedPackages,
  installPackages,
  isOnPath,
  namesToInstall,
} from './debian.mjs';
import { runOnProjectNode } from './node-runtime.mjs';
import { installNpmPackages, npmPackagesAreInstalled } from './npm-packages.mjs';
import { missingRuntimeFiles } from './offline.mjs';
import { createProgress } from './progress.mjs';
import { SetupStop } from './stop.mjs';
import { missingOf, packagesFor } from './system-packages.mjs';

/** @import { Purpose, SystemPackage } from './system-packages.mjs' */

/** @type {Record<string, readonly Purpose[]>} */
const purposesByCommand = {
  check: ['compile'],
  start: ['compile', 'image', 'desktop', 'terminal'],
  test: ['compile', 'image', 'desktop', 'terminal', 'headless', 'keyring', 'test'],
  smoke: ['compile', 'image', 'desktop', 'terminal', 'headless', 'keyring'],
  bench: ['compile', 'image', 'desktop', 'terminal', 'headless', 'test'],
  package: ['compile', 'terminal', 'package'],
  screenshots: ['compile', 'image', 'desktop', 'terminal', 'headless', 'keyring'],
};

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** @param {readonly string[]} args */
async function bootstrap([command = '', ...args]) {
  const purposes = purposesByCommand[command];
  if (purposes === undefined) {
    throw new SetupStop(`Use one of: ${Object.keys(purposesByCommand).join(', ')}.`, 2);
  }
  requireNode(20);
  const progress = createProgress({ output: process.stderr, now: () => performance.now() });
  const missing = missingSystemPackages(new Set([...purposes, ...withoutDisplay()]));
  const npmMissing = !npmPackagesAreInstalled(root);
  if (args.includes('--offline')) await refuseToFetch(missing, npmMissing);
  if (missing.length > 0) await bringSystemPackages(missing, progress);
  if (npmMissing) await bringNpmPackages(progress);
  return runOnProjectNode(root, [join(root, 'src/setup/main.ts'), command, ...args]);
}

/** @param {number} oldest */
function requireNode(oldest) {
  if (Number.parseInt(process.versions.node, 10) >= oldest) return;
  throw new SetupStop(`Node.js ${oldest} or newer is needed; this is ${process.version}.`, 2);
}

/** @returns {readonly Purpose[]} */
function withoutDisplay() {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  return process.platform === 'linux' && !DISPLAY && !WAYLAND_DISPLAY ? ['headless'] : [];
}

/** @param {ReadonlySet<Purpose>} purposes */
function missingSystemPackages(purposes) {
  const rows = packagesFor(purposes);
  const installed = installedPackages(rows);
  // Without dpkg only programs can be looked for; libraries are taken to be there.
  const visible = installed === null ? rows.filter((row) => row.command !== undefined) : rows;
  return missingOf(visible, {
    isInstalled: (name) => installed?.has(name) ?? false,
    hasCommand: (name) => isOnPath(name, process.env.PATH ?? ''),
  });
}

/**
 * @param {readonly SystemPackage[]} missing
 * @param {import('./progress.mjs').Progress} progress
 */
async function bringSystemPackages(missing, progress) {
  if (!existsSync('/usr/bin/apt-get')) {
    const rows = missing.map((row) => `  ${row.command ?? row.debian[0]}  (${row.why})`);
    throw new SetupStop(`Install these programs, then start again:\n${rows.join('\n')}`, 2);
  }
  if (process.getuid?.() !== 0) {
    const line = aptLine(namesToInstall(missing));
    throw new SetupStop(
      `System packages are missing. Run this line, then start again:\n\n${line}\n`,
      2,
    );
  }
  await installPackages(missing, progress);
  const still = missingOf(missing, {
    isInstalled: (name) => installedPackages(missing)?.has(name) ?? false,
    hasCommand: (name) => isOnPath(name, process.env.PATH ?? ''),
  });
  if (still.length === 0) return;
  throw new SetupStop(
    `apt-get did not install ${still.map((row) => row.debian[0]).join(', ')}.`,
    1,
  );
}

/** @param {import('./progress.mjs').Progress} progress */
async function bringNpmPackages(progress) {
  await installNpmPackages(root, progress);
  if (!npmPackagesAreInstalled(root)) {
    throw new SetupStop(
      'npm ci ended well, but node_modules is not complete: npm may be set to ignore install scripts. ' +
        'Run "npm ci --ignore-scripts=false" and start again.',
      1,
    );
  }
  if (!existsSync(join(root, 'node_modules/keytar/build/Release/keytar.node'))) {
    progress.note(
      'The keychain module (keytar) could not be compiled here: terminals on this machine have to ' +
        'be enrolled anew after each restart. "npx porthole doctor" says more.',
    );
  }
}

/**
 * @param {readonly SystemPackage[]} missing
 * @param {boolean} npmMissing
 */
async function refuseToFetch(missing, npmMissing) {
  if (missing.length === 0 && !npmMissing) return; // main.ts looks at the rest, more closely
  const rows = [
    ...missing.map((row) => `  system package ${row.debian[0]}  (${row.why})`),
    ...(npmMissing ? ['  npm packages, as package-lock.json lists them'] : []),
    ...(await missingRuntimeFiles(root, process.env)).map((name) => `  ${name}`),
  ];
  throw new SetupStop(
    `These are not on this machine, and --offline forbids fetching them:\n${rows.join('\n')}`,
    2,
  );
}

try {
  process.exitCode = await bootstrap(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupStop)) throw error;
  process.stderr.write(`\n${error.message}\n`);
  process.exitCode = error.exitCode;
}
