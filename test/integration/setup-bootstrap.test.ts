import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** A fresh clone on a bare machine: no npm packages, and a dpkg that knows of nothing. */
let machine: string;

beforeAll(() => {
  machine = mkdtempSync(join(tmpdir(), 'setup-bootstrap-'));
  mkdirSync(join(machine, 'clone/src'), { recursive: true });
  mkdirSync(join(machine, 'bin'));
  for (const name of ['src/setup', 'package.json', 'package-lock.json']) {
    cpSync(resolve(name), join(machine, 'clone', name), { recursive: true });
  }
  symlinkSync(process.execPath, join(machine, 'bin/node'));
  program('dpkg-query', 'exit 1');
  // What is known of it decides which of two names is asked for.
  program('apt-cache', 'echo "Package: libgtk-3-0t64"');
  program('npm', 'echo "npm was called" >&2; exit 99');
  spawnSync('chmod', ['-R', 'a+rX', machine]);
});

afterAll(() => rmSync(machine, { recursive: true, force: true }));

function program(name: string, script: string): void {
  writeFileSync(join(machine, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

function bootstrap(args: readonly string[], uid = process.getuid?.() ?? 0) {
  const script = join(machine, 'clone/src/setup/bootstrap.mjs');
  const { status, stderr } = spawnSync(join(machine, 'bin/node'), [script, ...args], {
    env: { PATH: join(machine, 'bin'), HOME: machine },
    encoding: 'utf8',
    uid,
  });
  return { status, stderr };
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

  it('prints a plain user the one line to run and ends with 2', (context) => {
    if (process.getuid?.() !== 0) context.skip('only root can become another user');
    const { status, stderr } = bootstrap(['start'], 65_534);
    expect(status).toBe(2);
    const lines = stderr.split('\n').filter((line) => line.startsWith('sudo '));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^sudo apt-get install -y --no-install-recommends .*qemu-utils/);
    expect(lines[0]).toContain(' libgtk-3-0t64 ');
  });
});
