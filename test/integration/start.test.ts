import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCommand } from '../../src/desktops/command.ts';

let folder: string;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'start-'));
  const { DISPLAY, WAYLAND_DISPLAY, DBUS_SESSION_BUS_ADDRESS, ...rest } = process.env;
  env = {
    ...rest,
    XDG_DATA_HOME: join(folder, 'data'),
    XDG_RUNTIME_DIR: join(folder, 'run'),
    XDG_STATE_HOME: join(folder, 'state'),
    XDG_CONFIG_HOME: join(folder, 'config'),
  };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function npmStart(...options: string[]) {
  const script = resolve('src/setup/bootstrap.mjs');
  return runCommand(process.execPath, [script, 'start', '--port', '0', ...options], { env });
}

/** Processes of this start that are still there: they all have the folder in their environment. */
async function leftBehind(): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (environment.includes(folder)) found.push(await readFile(`/proc/${pid}/cmdline`, 'utf8'));
  }
  return found;
}

it('shows the demo desktop where there is no display, and leaves nothing behind', async () => {
  // The second time at another port: what the terminal kept names a broker that is no more.
  for (const start of ['first', 'second']) {
    const pictures = join(folder, start);
    const { exitCode, stderr } = await npmStart('--headless', '--once', '--pictures', pictures);
    expect(stderr).toMatch(/Broker +https:/);
    if (process.getuid?.() === 0) expect(stderr).toContain('runs without its sandbox');
    expect((await readdir(pictures)).at(-1)).toMatch(/streaming-live\.png$/);
    expect(exitCode).toBe(0);
    expect(await leftBehind()).toEqual([]);
  }
  // The terminal of this user, were there one, is another.
  expect(await readdir(join(folder, 'data/porthole'))).toContain('demo-terminal');
  expect(await readdir(join(folder, 'config')).catch(() => [])).not.toContain('Porthole');
});

it('says that there is no display, and what to do about it', async () => {
  const { exitCode, stderr } = await npmStart();
  expect(stderr).toContain('--headless');
  expect(exitCode).toBe(2);
});
