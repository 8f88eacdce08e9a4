import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** A checkout whose build tools only note down that they were run. */
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'setup-resume-'));
  await write('main/index.ts', 'export {};');
  await write('assets/icon', 'picture');
  await write(
    'node_modules/vite/bin/vite.js',
    tool("process.argv.at(-1), 'out/' + process.argv.at(-1)"),
  );
  await write(
    'node_modules/electron-builder/cli.js',
    tool("'package', 'dist/test/linux-unpacked/porthole'"),
  );
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Notes its run in `ran`, begins its result, and finishes it unless `stall` names it. */
function tool(nameAndResult: string): string {
  return `
    const fs = require('node:fs');
    const [name, result] = [${nameAndResult}];
    fs.mkdirSync(require('node:path').dirname(result), { recursive: true });
    fs.writeFileSync(result, 'half of it');
    fs.appendFileSync('ran', name + '\\n');
    fs.writeFileSync('environment-of-' + name, String(process.env.NODE_ENV));
    const stalls = fs.existsSync('stall') && fs.readFileSync('stall', 'utf8') === name;
    if (stalls) setInterval(() => undefined, 1000);
    else fs.writeFileSync(result, 'all of it');`;
}

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

/** Steps since they were last asked for. */
async function ran(): Promise<string[]> {
  const lines = await readFile(join(root, 'ran'), 'utf8').catch(() => '');
  await rm(join(root, 'ran'), { force: true });
  return lines.split('\n').filter(Boolean);
}

/** Packages the app, and builds it before, in a process of its own. */
function start() {
  const script = `
    import { packageForTests } from '${pathToFileURL(resolve('src/setup/package.ts'))}';
    const bar = { update() {}, done() {}, fail() {} };
    const progress = { begin: () => bar, note() {} };
    const electron = { dir: '/electron', version: '1.0.0', source: 'pinned', line: '' };
    console.log(await packageForTests({ root: process.cwd(), electron, progress }));`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise<number | null>((settle) => child.once('exit', settle));
  const kill = () => process.kill(-(child.pid ?? expect.unreachable('it was started')), 'SIGKILL');
  return { ended, kill };
}

const steps = ['main', 'preload', 'renderer', 'package'];

describe('making the app ready', () => {
  it('is done once, and again when a source has changed', async () => {
    expect(await start().ended).toBe(0);
    expect(await ran()).toEqual(steps);
    expect(await start().ended).toBe(0);
    expect(await ran()).toEqual([]);
    await write('main/index.ts', 'export const changed = true;');
    expect(await start().ended).toBe(0);
    expect(await ran()).toEqual(expect.arrayContaining(['main', 'preload', 'renderer']));
  });

  it('builds what is installed, whatever else is worked on in this shell', async () => {
    expect(process.env.NODE_ENV).not.toBe('production');
    expect(await start().ended).toBe(0);
    for (const part of ['main', 'preload', 'renderer']) {
      expect(await readFile(join(root, `environment-of-${part}`), 'utf8')).toBe('production');
    }
  });

  it.each([
    ['the build', 'preload', steps],
    ['packaging', 'package', ['package']],
  ])('goes on with %s that was killed half-way', async (_, step, again) => {
    await write('stall', step);
    const first = start();
    await expect
      .poll(() => readFile(join(root, 'ran'), 'utf8').catch(() => ''), { timeout: 20_000 })
      .toContain(step);
    first.kill();
    expect(await first.ended).toBeNull();

    await ran();
    await rm(join(root, 'stall'));
    expect(await start().ended).toBe(0);
    expect(await ran()).toEqual(again);
    const app = await readFile(join(root, 'dist/test/linux-unpacked/porthole'), 'utf8');
    expect(app).toBe('all of it');
    expect(await start().ended).toBe(0);
    expect(await ran()).toEqual([]);
  });
});
