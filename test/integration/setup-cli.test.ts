import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { storeImage } from '../unit/src/desktops/images/manifests.ts';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'setup-cli-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function imagesIn(folder: string): string {
  return join(folder, '.cache/porthole/images');
}

function porthole(args: readonly string[], input = '', env: Readonly<Record<string, string>> = {}) {
  const { DISPLAY: _, WAYLAND_DISPLAY: __, ...others } = process.env;
  const { XDG_DATA_HOME: ___, XDG_CACHE_HOME: ____, ...rest } = others;
  const { status, stdout, stderr } = spawnSync(resolve('src/setup/porthole.mjs'), args, {
    env: { ...rest, HOME: home, ...env },
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

  it('names packages as this release has them, and sees through an override to nowhere', () => {
    const bin = join(home, 'bin');
    mkdirSync(bin);
    const known = ['libgtk-3-0t64', 'libasound2t64', 'libnss3'];
    const lines = known.map((name) => `echo "Package: ${name}"`).join('\n');
    writeFileSync(join(bin, 'apt-cache'), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
    const { stdout } = porthole(['doctor', '--json'], '', {
      PATH: [bin, process.env.PATH].join(delimiter),
      ELECTRON_OVERRIDE_DIST_PATH: '/nowhere',
    });
    const remedies: Record<string, string> = Object.fromEntries(
      JSON.parse(stdout).checks.map((check: { name: string; remedy: string }) => [
        check.name,
        check.remedy,
      ]),
    );
    expect(remedies['Electron libraries']?.split(' ')).toEqual(
      expect.arrayContaining([...known, 'libgbm1']),
    );
    expect(remedies['Electron libraries']?.split(' ')).not.toContain('libasound2');
    expect(remedies.QEMU).toMatch(/^sudo apt-get install .* qemu-system-x86$/);
    expect(remedies.Electron).toContain('ELECTRON_OVERRIDE_DIST_PATH');
  });

  it('has no colours where nobody sees them', () => {
    const { stdout } = porthole(['doctor']);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toMatch(/^✓ Node\.js +v24\./m);
  });
});

describe('porthole admin', () => {
  it('adds a user with a password from stdin, and a pool whose desktops they may open', async () => {
    await storeImage(imagesIn(home), { name: 'porthole-desktop' });
    expect(porthole(['admin', 'user', 'add', 'ada'], 'correct horse\n')).toMatchObject({
      status: 0,
    });
    const added = porthole([
      ...['admin', 'pool', 'add', 'Harbour', '--image', 'porthole-desktop', '--user', 'ada'],
    ]);
    expect(added).toMatchObject({ status: 0, stderr: '' });
    expect(porthole(['admin', 'user', 'list']).stdout).toContain('ada');
    const listed = porthole(['admin', 'pool', 'list']).stdout;
    expect(listed).toContain(`${added.stdout.trim()}  Harbour  porthole-desktop  para`);
  });

  it('lets terminals in by a token, which it tells once', () => {
    expect(porthole(['admin', 'terminal-group', 'add', 'Hall'])).toMatchObject({ status: 0 });
    const order = ['--label', 'Hall', '--uses', '100', '--group', 'Hall', '--expires', '7d'];
    const { stdout } = porthole(['admin', 'enroll', 'token', 'create', ...order]);
    expect(stdout).toMatch(/^[A-Za-z0-9_-]{43}\n$/);
    const listed = porthole(['admin', 'enroll', 'token', 'list']).stdout;
    expect(listed).toMatch(/Hall {3}Hall {3}100 +20\S+Z {2}good/);
    expect(listed).not.toContain(stdout.trim());
  });

  it('tells what was done, and proves that it was not changed', () => {
    const { stdout: listed } = porthole(['admin', 'audit', 'list', '--action', 'user.created']);
    expect(listed).toMatch(/command-line {2}– +user\.created {2}user ada +done/);
    const [, head = ''] =
      /head ([0-9a-f]{64})$/m.exec(porthole(['admin', 'audit', 'verify']).stdout) ?? [];
    expect(porthole(['admin', 'audit', 'verify', '--head', head])).toMatchObject({ status: 0 });
    const lines = porthole(['admin', 'audit', 'export']).stdout.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).hash)).toContain(head);
  });

  it('takes a pool back from who had it, and removes it', () => {
    const run = (...args: string[]) => porthole(['admin', ...args]);
    const groups = ['--pool', 'Harbour', '--role', 'user'];
    expect(run('group', 'add', 'sailors', ...groups)).toMatchObject({ status: 0, stderr: '' });
    const pool = (...args: string[]) => run('pool', ...args);
    expect(pool('list').stdout).toMatch(/Harbour, sailors$/m);
    expect(pool('withdraw', 'Harbour', 'ada')).toMatchObject({ status: 0, stderr: '' });
    const change = ['--no-pools', '--no-roles'];
    expect(run('group', 'change', 'sailors', ...change)).toMatchObject({ status: 0, stderr: '' });
    expect(pool('change', 'Harbour', '--name', 'Quay', '--memory', '512')).toMatchObject({
      status: 0,
      stderr: '',
    });
    // Nothing else is changed by that: it keeps no disks, as before.
    expect(pool('list').stdout).toMatch(/ Quay .* 512 MiB, 1 CPU {2}nothing {2}.* {2}Quay$/m);
    const network = ['--allow', 'intranet.example:443', '--suspend-after', '30'];
    expect(pool('change', 'Quay', ...network)).toMatchObject({ status: 0, stderr: '' });
    const none = ['--no-allow', '--no-suspend-after', '--no-persistent'];
    expect(pool('change', 'Quay', ...none)).toMatchObject({ status: 0, stderr: '' });
    expect(pool('remove', 'Quay')).toMatchObject({ status: 0, stderr: '' });
    expect(pool('list').stdout).not.toContain('Quay');
    expect(run('sessions', '--limit', '5')).toMatchObject({ status: 0, stderr: '' });
  });

  it.each([
    [
      'a data folder that is mistyped',
      ['admin', '--data-dir', '/nowhere/brokre', 'user', 'list'],
      '',
      'store-missing',
    ],
    ['no password', ['admin', 'user', 'add', 'eve'], '', 'command-invalid'],
    ['a short password', ['admin', 'user', 'add', 'eve'], 'short\n', 'command-invalid'],
    ['a user twice', ['admin', 'user', 'add', 'ada'], 'correct horse\n', 'name-taken'],
    ['a group that is not there', ['admin', 'group', 'join', 'none', 'ada'], '', 'command-invalid'],
    ['a code of no terminal', ['admin', 'enroll', 'deny', 'BCDF-GHJK'], '', 'enrollment-not-found'],
    [
      'a hash that is not of the audit log',
      ['admin', 'audit', 'verify', '--head', 'none'],
      '',
      'audit-broken',
    ],
    [
      'a pool on an image that is not there',
      ['admin', 'pool', 'add', 'Quay', '--image', 'porthole-desktpo'],
      '',
      'image-unknown',
    ],
    ['the end of no session', ['admin', 'session', 'end', 'none'], '', 'command-invalid'],
    ['the log of no session', ['admin', 'logs', 'none'], '', 'command-invalid'],
    ['an image that is not there', ['image', 'verify', 'none'], '', 'image-unknown'],
    ['a file that is not there', ['image', 'add', '/none', '--name', 'mine'], '', 'image-invalid'],
  ])('refuses %s by its code', (_what, args, input, code) => {
    const { status, stderr } = porthole(args, input);
    expect(status).toBe(1);
    expect(stderr).toContain(`[${code}]`);
  });
});

describe('porthole admin pool add', () => {
  it('names the images there are when it is given another, also of a cache elsewhere', async () => {
    const cache = join(home, 'elsewhere');
    await storeImage(join(cache, 'images'), { name: 'mine' });
    const add = (image: string) =>
      porthole([...['admin', '--cache-dir', cache, 'pool', 'add', image, '--image', image]]);
    expect(add('yours').stderr).toContain('(yours; there is mine)');
    expect(add('mine')).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('porthole image verify', () => {
  let cache: string;
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'setup-cli-cache-'));
  });
  afterEach(() => rmSync(cache, { recursive: true, force: true }));
  const verify = () => porthole(['image', 'verify'], '', { XDG_CACHE_HOME: cache });
  const root = () => join(cache, 'porthole/images');

  it('marks what is whole', async () => {
    const { dir } = await storeImage(root(), { name: 'good' });
    expect(verify()).toEqual({ status: 0, stdout: `✓ good  ${dir}\n`, stderr: '' });
  });

  it('tells every image that is damaged, in files or manifest, and ends with 1', async () => {
    const day = (number: number) => `2026-01-0${number}T00:00:00.000Z`;
    const first = await storeImage(root(), { name: 'first', created: day(3) });
    const good = await storeImage(root(), { name: 'good', created: day(2) });
    const last = await storeImage(root(), { name: 'last', created: day(1) });
    for (const { dir } of [first, last]) appendFileSync(join(dir, 'disk.raw'), 'x');
    mkdirSync(join(root(), 'broken'));
    writeFileSync(join(root(), 'broken/manifest.json'), '{');
    const { status, stdout, stderr } = verify();
    expect(status).toBe(1);
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^✗ broken {2}.*manifest\.json: /),
      expect.stringMatching(/^✗ first {2}.*has 22 bytes instead of 21$/),
      `✓ good  ${good.dir}`,
      expect.stringMatching(/^✗ last {2}/),
    ]);
    expect(stderr).toContain('[image-damaged]');
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
