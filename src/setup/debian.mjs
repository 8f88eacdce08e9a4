import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { SetupStop } from './stop.mjs';

/** @import { SystemPackage } from './system-packages.mjs' */
/** @import { Progress } from './progress.mjs' */

/**
 * Names of the Debian packages that are installed, or null where there is no dpkg.
 * @param {readonly SystemPackage[]} rows only these are asked for
 * @returns {ReadonlySet<string> | null}
 */
export function installedPackages(rows) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are dpkg-query's own
  const format = '${Package} ${db:Status-Status}\n';
  const query = spawnSync(
    'dpkg-query',
    ['-W', '-f', format, ...rows.flatMap((row) => row.debian)],
    { encoding: 'utf8' },
  );
  // Exit code 1 only says that some of them are not known, which is what is being asked.
  return query.error ? null : parseInstalled(query.stdout);
}

/** @param {string} listing lines of `name status`, as dpkg-query prints them */
export function parseInstalled(listing) {
  const rows = listing.split('\n').map((line) => line.split(' '));
  return new Set(rows.flatMap(([name, status]) => (name && status === 'installed' ? [name] : [])));
}

/**
 * @param {string} command
 * @param {string} searchPath as in PATH
 */
export function isOnPath(command, searchPath) {
  // Debian keeps some programs where the PATH of a plain user does not look.
  return [...searchPath.split(delimiter), '/usr/sbin', '/sbin'].some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false; // not there, or not ours to run: the answer either way
    }
  });
}

/**
 * The names to install: of each row the one that this release of Debian or Ubuntu has.
 * @param {readonly SystemPackage[]} rows
 * @returns {string[]}
 */
export function namesToInstall(rows) {
  const names = rows.flatMap((row) => row.debian);
  const { stdout } = spawnSync('apt-cache', ['show', '--no-all-versions', ...names], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const known = new Set([...(stdout ?? '').matchAll(/^Package: (.+)$/gm)].map((match) => match[1]));
  return rows.map((row) => row.debian.find((name) => known.has(name)) ?? row.debian[0]);
}

/** @param {readonly string[]} names */
export function aptLine(names) {
  return `sudo apt-get install -y --no-install-recommends ${names.join(' ')}`;
}

/**
 * Installs Debian packages as root. @throws {SetupStop} with what apt said last
 * @param {readonly SystemPackage[]} rows
 * @param {Progress} progress
 */
export async function installPackages(rows, progress) {
  await apt('Reading the package lists', ['update'], progress);
  const names = namesToInstall(rows);
  await apt(
    `Installing ${names.length} system package${names.length === 1 ? '' : 's'}`,
    ['install', '-y', '--no-install-recommends', ...names],
    progress,
  );
}

/**
 * @param {string} name
 * @param {string[]} args
 * @param {Progress} progress
 * @returns {Promise<void>}
 */
function apt(name, args, progress) {
  const bar = progress.begin(name);
  const options = ['APT::Status-Fd=3', 'Dpkg::Use-Pty=0', 'DPkg::Lock::Timeout=300'];
  const child = spawn('apt-get', ['-q', ...options.flatMap((option) => ['-o', option]), ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  /** @type {string[]} */
  const said = [];
  for (const pipe of [child.stdout, child.stderr]) {
    pipe?.setEncoding('utf8').on('data', (text) => {
      said.push(text);
      if (said.length > 200) said.shift();
    });
  }
  // The fourth of `stdio` above is a pipe that the child writes to.
  const status = /** @type {import('node:stream').Readable} */ (child.stdio[3]);
  createInterface({ input: status }).on('line', (line) => {
    const step = parseStatus(line);
    if (step) bar.update(step.fraction, step.detail);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) {
        bar.done();
        resolve();
        return;
      }
      bar.fail(`apt-get ended with code ${code}`);
      const last = said.join('').trim().split('\n').slice(-15).join('\n');
      reject(
        new SetupStop(`${last}\n\napt-get failed. Mend what it says above and start again.`, 1),
      );
    });
  });
}

/**
 * A line of apt's status pipe (apt's README.progress-reporting): `dlstatus:done:percent:text` while
 * downloading, then `pmstatus:package:percent:text` while installing, each from 0 to 100.
 * @param {string} line
 * @returns {{ fraction: number, detail: string } | null}
 */
export function parseStatus(line) {
  const match = /^(dlstatus|pmstatus):[^:]*:([\d.]+):(.*)$/.exec(line);
  if (!match) return null;
  const half = Number(match[2]) / 200;
  return { fraction: match[1] === 'dlstatus' ? half : 0.5 + half, detail: match[3] ?? '' };
}
