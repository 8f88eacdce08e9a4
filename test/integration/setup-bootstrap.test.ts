import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const recipeDigest = 'src/desktops/images/recipe-digest.mjs';
const lock = 'package-lock.json';
const isRoot = process.getuid?.() === 0;

/** A fresh clone on a bare machine: no npm packages, and a dpkg that knows of nothing. */
let machine: string;

beforeEach(() => {
  machine = mkdtempSync(join(tmpdir(), 'setup-bootstrap-'));
  mkdirSync(join(machine, 'clone/src'), { recursive: true });
  mkdirSync(join(machine, 'bin'));
  for (const name of ['src/setup', recipeDigest, 'assets/guest', 'package.json', lock]) {
    cpSync(resolve(name), join(machine, 'clone', name), { recursive: true });
  }
  symlinkSync(process.execPath, join(machine, 'bin/node'));
  program('dpkg-query', 'exit 1');
  // What is known of it decides which of two names is asked for.
  program('apt-cache', 'echo "Package: libgtk-3-0t64"');
  program('npm', 'echo "npm was called" >&2; exit 99');
  spawnSync('chmod', ['-R', 'a+rX', machine]);
});

afterEach(() => rmSync(machine, { recursive: true, force: true }));

function program(name: string, script: string): void {
  writeFileSync(join(machine, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** The dpkg of a machine that has all system packages. */
function installSystemPackages(): void {
  program('dpkg-query', 'shift 3; for name; do echo "$name installed"; done');
}

function command(args: readonly string[]) {
  return {
    node: join(machine, 'bin/node'),
    args: [join(machine, 'clone/src/setup/bootstrap.mjs'), ...args],
    env: { PATH: join(machine, 'bin'), HOME: machine },
  };
}

function bootstrap(
  parts: readonly string[],
  { uid = process.getuid?.() ?? 0, preload = '' }: { uid?: number; preload?: string } = {},
) {
  const { node, args, env: ownEnv } = command(parts);
  const env = { ...ownEnv, NODE_OPTIONS: preload };
  const { status, stdout, stderr } = spawnSync(node, args, { env, encoding: 'utf8', uid });
  return { status, stdout, stderr };
}

describe('bootstrap on a bare machine', () => {
  it('lists with --offline all that is missing, touches nothing and ends with 2', () => {
    const { status, stderr } = bootstrap(['start', '--offline']);
    expect(status).toBe(2);
    expect(stderr).toContain('--offline forbids fetching them');
    for (const missing of [
      'qemu-system-x86',
      'libnss3',
      'npm packages',
      'Electron',
      'guest image',
    ]) {
      expect(stderr).toContain(missing);
    }
    expect(stderr).not.toContain('npm was called');
  });

  it('refuses a command that it does not know and names those that it does', () => {
    const { status, stderr } = bootstrap(['strat']);
    expect(status).toBe(2);
    expect(stderr).toContain('start, test, smoke');
  });

  it('refuses a Node that is too old before it does anything', () => {
    const versions = "{ value: { ...process.versions, node: '18.20.4' } }";
    const source = `Object.defineProperty(process, 'versions', ${versions});`;
    const preload = `--import=data:text/javascript,${encodeURIComponent(source)}`;
    const { status, stderr } = bootstrap(['start'], { preload });
    expect(status).toBe(2);
    expect(stderr).toContain('Node.js 20 or newer is needed');
    expect(stderr).not.toContain('npm was called');
    expect(stderr).not.toContain('apt-get');
  });

  it('prints a plain user the one line to run and ends with 2', (context) => {
    if (!isRoot) context.skip('only root can become another user');
    const { status, stderr } = bootstrap(['start'], { uid: 65_534 });
    expect(status).toBe(2);
    const lines = stderr.split('\n').filter((line) => line.startsWith('sudo '));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^sudo apt-get install -y --no-install-recommends .*qemu-utils/);
    expect(lines[0]).toContain(' libgtk-3-0t64 ');
  });
});

const isDebian = existsSync('/usr/bin/apt-get');
const why = isRoot && isDebian ? '' : ' (skipped: it takes root on a Debian)';

describe.runIf(isRoot && isDebian)(`bootstrap as root${why}`, () => {
  /** An apt that does this when it is to install; each call leaves a line in `apt`. */
  function apt(onInstall: string): void {
    const calls = join(machine, 'apt');
    program('apt-get', `echo "$@" >> "${calls}"\ncase "$*" in *install*) ${onInstall};; esac`);
  }

  it('installs what is missing, then goes on to the npm packages', () => {
    const dpkg = join(machine, 'bin/dpkg-query');
    const grown = '#!/bin/sh\\nshift 3; for name; do echo \\"\\$name installed\\"; done\\n';
    apt(`printf "${grown}" > "${dpkg}"`);
    const { status, stderr } = bootstrap(['start']);
    const [update, install] = readFileSync(join(machine, 'apt'), 'utf8').split('\n');
    expect(update).toMatch(/ update$/);
    expect(install).toMatch(/ install -y --no-install-recommends .*qemu-utils .*libgtk-3-0t64/);
    expect(stderr).toContain('npm was called');
    expect(stderr).toContain('npm ci ended with code 99');
    expect(status).toBe(1);
  });

  it('passes on what apt said when it fails, and goes no further', () => {
    apt('echo "E: Unable to locate package xvfb" >&2; exit 100');
    const { status, stderr } = bootstrap(['start']);
    expect(status).toBe(1);
    expect(stderr).toContain('E: Unable to locate package xvfb');
    expect(stderr).toContain('apt-get failed');
    expect(stderr).not.toContain('npm was called');
  });

  it('does not believe an apt that ends well without the packages', () => {
    apt('exit 0');
    const { status, stderr } = bootstrap(['start']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/apt-get did not install .*qemu-system-x86/);
    expect(stderr).not.toContain('npm was called');
  });
});

describe('npm packages', () => {
  /** A project of two packages, and an npm that installs them and counts its calls. */
  beforeEach(() => {
    installSystemPackages();
    const packages = {
      '': {},
      'node_modules/node': { version: '24.0.0' },
      'node_modules/zod': { version: '4.0.0' },
    };
    writeFileSync(join(machine, 'clone', lock), JSON.stringify({ packages }));
    // What stands in for the project's Node tells what it was handed.
    const node = `#!/bin/sh\necho "handed over: $2 $3"\n`;
    writeFileSync(
      join(machine, 'bin/npm'),
      `#!${process.execPath}
      const { appendFileSync, cpSync, mkdirSync, rmSync, writeFileSync } = require('node:fs');
      appendFileSync(${JSON.stringify(join(machine, 'npm-calls'))}, process.argv[2] + '\\n');
      rmSync('node_modules', { recursive: true, force: true });
      mkdirSync('node_modules/zod', { recursive: true });
      writeFileSync('node_modules/zod/package.json', '{}');
      if (require('node:fs').existsSync(${JSON.stringify(join(machine, 'stall'))})) {
        setInterval(() => undefined, 1000);
        return;
      }
      mkdirSync('node_modules/node/bin', { recursive: true });
      writeFileSync('node_modules/node/package.json', '{}');
      writeFileSync('node_modules/node/bin/node', ${JSON.stringify(node)}, { mode: 0o755 });
      cpSync('package-lock.json', 'node_modules/.package-lock.json');
      `,
      { mode: 0o755 },
    );
  });

  const calls = () => readFileSync(join(machine, 'npm-calls'), 'utf8').split('\n').length - 1;

  it('are installed once: a second start hands over at once', () => {
    expect(bootstrap(['start', '--once'])).toMatchObject({
      status: 0,
      stdout: 'handed over: start --once\n',
    });
    expect(calls()).toBe(1);
    expect(bootstrap(['start'])).toMatchObject({
      status: 0,
      stdout: 'handed over: start \n',
      stderr: '',
    });
    expect(calls()).toBe(1);
  });

  it('are installed by the next start when this one is killed half-way', async () => {
    writeFileSync(join(machine, 'stall'), '');
    const { node, args, env } = command(['start']);
    const first = spawn(node, args, { env, detached: true, stdio: 'ignore' });
    const half = join(machine, 'clone/node_modules/zod/package.json');
    await expect.poll(() => existsSync(half), { timeout: 20_000 }).toBe(true);
    await killGroup(first);

    rmSync(join(machine, 'stall'));
    expect(bootstrap(['start'])).toMatchObject({ status: 0, stdout: 'handed over: start \n' });
    expect(calls()).toBe(2);
  });
});

/** Everything at once and without warning, as when the machine loses its power. */
async function killGroup(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolved) => child.once('exit', resolved));
  process.kill(-(child.pid ?? expect.unreachable('it was started')), 'SIGKILL');
  await ended;
}
