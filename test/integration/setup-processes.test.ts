import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startBrokerProcess } from '../../src/setup/broker-process.ts';
import { type Child, startChild } from '../../src/setup/child.ts';
import { runCommand, runSuccessfully } from '../../src/setup/command.ts';
import { prepareDemo } from '../../src/setup/demo.ts';
import { startHeadlessDisplay } from '../../src/setup/headless-display.ts';
import type { Locations } from '../../src/setup/locations.ts';

let folder: string;
let locations: Locations;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setup-'));
  env = {
    ...process.env,
    XDG_DATA_HOME: join(folder, 'data'),
    XDG_RUNTIME_DIR: join(folder, 'run'),
    XDG_STATE_HOME: join(folder, 'state'),
  };
  locations = {
    root: resolve('.'),
    cache: join(folder, 'cache'),
    brokerData: join(folder, 'data/porthole/broker'),
    runtime: join(folder, 'run/porthole'),
    state: join(folder, 'state/porthole'),
  };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // ESRCH is the answer looked for
  }
}

describe('a child', () => {
  const shell = (script: string, more: { endLimitMs?: number } = {}): Promise<Child> =>
    startChild('sh', ['-c', script], { env, cwd: folder, log: join(folder, 'log'), ...more });

  async function logged(pattern: RegExp): Promise<string> {
    return expect
      .poll(() => readFile(join(folder, 'log'), 'utf8'), { timeout: 10_000 })
      .toMatch(pattern)
      .then(() => readFile(join(folder, 'log'), 'utf8'));
  }

  it('goes with all that it started, though that does not heed SIGTERM', async () => {
    const child = await shell(
      '(trap "" TERM; echo $$; while :; do sleep 1; done) & echo "pid $!"; wait',
    );
    const grandchild = Number(/pid (\d+)/.exec(await logged(/pid \d+/))?.[1]);
    expect(isAlive(grandchild)).toBe(true);
    await child.dispose();
    await expect.poll(() => isAlive(grandchild), { timeout: 10_000 }).toBe(false);
  });

  it('is killed when it does not end in time, and disposing of it again does nothing', async () => {
    const child = await shell('trap "" TERM; echo ready; while :; do sleep 0.1; done', {
      endLimitMs: 100,
    });
    await logged(/ready/);
    await child.dispose();
    await child.dispose();
    expect(await child.ended).toBe('was ended by SIGKILL');
  });

  it('that cannot be started says which program is missing', async () => {
    const starting = startChild('no-such-program', [], {
      env,
      cwd: folder,
      log: join(folder, 'log'),
    });
    await expect(starting).rejects.toMatchObject({
      code: 'tool-missing',
      detail: 'no-such-program',
    });
  });
});

describe('a command', () => {
  it('is a fault with its last words when it fails', async () => {
    const failing = runSuccessfully('sh', ['-c', 'echo mended >&2; exit 3']);
    await expect(failing).rejects.toMatchObject({
      code: 'command-failed',
      detail: 'sh ended with code 3: mended',
    });
  });

  it('has no exit code when it took too long', async () => {
    expect((await runCommand('sleep', ['60'], { timeoutMs: 50 })).exitCode).toBeNull();
  });
});

describe('the broker of the demo', () => {
  it('listens, takes the demo while it runs, and is gone when disposed of', async () => {
    const broker = await startBrokerProcess({ locations, env, port: 0 });
    const { pid = 0 } = broker.process;
    try {
      const demo = await prepareDemo(locations.brokerData, 'porthole-desktop');
      expect(demo.code).toMatch(/^[A-Z0-9]{4}-[A-Z0-9]{4}$/);
      expect(demo.users.map(({ username }) => username)).toEqual(['ada', 'grace']);

      const again = await prepareDemo(locations.brokerData, 'porthole-desktop');
      expect(again.users).toEqual(demo.users);
      expect(again.code).not.toBe(demo.code);

      const answer = await fetch(`${broker.url}/v1/openapi.json`);
      expect(answer.status).toBe(200);

      const port = Number(new URL(broker.url).port);
      const others = { ...locations, state: join(folder, 'other-state') };
      const second = startBrokerProcess({
        locations: others,
        env: { ...env, XDG_DATA_HOME: join(folder, 'other-data') },
        port,
      });
      await expect(second).rejects.toMatchObject({ code: 'port-in-use' });
    } finally {
      await broker.dispose();
    }
    expect(isAlive(pid)).toBe(false);
  });

  it('sets new passwords for the demo where the old ones were lost', async () => {
    const first = await prepareDemo(locations.brokerData, 'porthole-desktop');
    await rm(join(locations.brokerData, 'demo-users.json'));
    const second = await prepareDemo(locations.brokerData, 'porthole-desktop');
    expect(second.users).not.toEqual(first.users);
  });
});

describe('a headless display', () => {
  it('is there for programs, apart from others, and gone when disposed of', async () => {
    const [one, two] = [
      await startHeadlessDisplay(locations, env),
      await startHeadlessDisplay(locations, env),
    ];
    expect(one.name).toMatch(/^:\d+$/);
    expect(two.name).not.toBe(one.name);
    await one.dispose();
    await two.dispose();
  });
});
