import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'setup-cli-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function porthole(args: readonly string[], input = '') {
  const { DISPLAY: _, WAYLAND_DISPLAY: __, XDG_DATA_HOME: ___, ...rest } = process.env;
  const { status, stdout, stderr } = spawnSync(resolve('src/setup/porthole.mjs'), args, {
    env: { ...rest, HOME: home },
    input,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('porthole doctor', () => {
  it('reports for programs what it found, with a remedy for each check', () => {
    const { status, stdout } = porthole(['doctor', '--json']);
    const { ok, checks } = JSON.parse(stdout);
    expect(status).toBe(ok ? 0 : 1);
    const names = checks.map((check: { name: string }) => check.name);
    expect(names).toEqual(expect.arrayContaining(['QEMU', 'Accelerator', 'Keychain', 'Display']));
    const display = checks.find((check: { name: string }) => check.name === 'Display');
    expect(display).toMatchObject({ ok: false, needed: false });
    for (const check of checks) expect(check.remedy).not.toBe('');
  });

  it('has no colours where nobody sees them', () => {
    const { stdout } = porthole(['doctor']);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toMatch(/^✓ Node\.js +v24\./m);
  });
});

describe('porthole admin', () => {
  it('adds a user with a password from stdin, and a desktop that they may open', () => {
    expect(porthole(['admin', 'user', 'add', 'ada'], 'correct horse\n')).toMatchObject({
      status: 0,
    });
    const added = porthole([
      ...['admin', 'desktop', 'add', 'Harbour', '--image', 'porthole-desktop', '--user', 'ada'],
    ]);
    expect(added).toMatchObject({ status: 0, stderr: '' });
    expect(porthole(['admin', 'user', 'list']).stdout).toContain('ada');
    const listed = porthole(['admin', 'desktop', 'list']).stdout;
    expect(listed).toContain(`${added.stdout.trim()}  Harbour  porthole-desktop  para`);
    expect(porthole(['admin', 'enrollment-code']).stdout).toMatch(/^[A-Z0-9]{4}-[A-Z0-9]{4}\n$/);
  });

  it.each([
    ['no password', ['admin', 'user', 'add', 'eve'], '', 'config-invalid'],
    ['a short password', ['admin', 'user', 'add', 'eve'], 'short\n', 'config-invalid'],
    ['a user twice', ['admin', 'user', 'add', 'ada'], 'correct horse\n', 'config-invalid'],
    ['the log of no session', ['admin', 'logs', 'none'], '', 'config-invalid'],
    ['an image that is not there', ['image', 'verify', 'none'], '', 'image-unknown'],
    ['a file that is not there', ['image', 'add', '/none', '--name', 'mine'], '', 'image-invalid'],
  ])('refuses %s by its code', (_what, args, input, code) => {
    const { status, stderr } = porthole(args, input);
    expect(status).toBe(1);
    expect(stderr).toContain(`[${code}]`);
  });
});

describe('porthole terminal', () => {
  it('says that there is no display, and offers to do without', () => {
    const { status, stderr } = porthole(['terminal', '--offline']);
    expect(status).toBe(2);
    expect(stderr).toContain('[display-missing]');
    expect(stderr).toContain('--headless');
  });
});
