import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAdmin } from '../../src/broker/admin.ts';
import { runCommand, runSuccessfully } from '../../src/desktops/command.ts';
import { startBrokerProcess } from '../../src/setup/broker-process.ts';
import { type Child, startChild } from '../../src/setup/child.ts';
import { prepareDemo } from '../../src/setup/demo.ts';
import { startHeadlessDisplay } from '../../src/setup/headless-display.ts';
import type { Locations } from '../../src/setup/locations.ts';
import { startTerminal } from '../../src/setup/terminal-process.ts';
import { createNodeNetwork } from '../harness/node-network.ts';

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
    demoProfile: join(folder, 'demo-terminal'),
    demoData: join(folder, 'data/porthole/demo'),
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
      const demo = await prepareDemo(locations, 'porthole-desktop');
      expect(demo.administrator).toBe('ada');
      expect(demo.users.map(({ username }) => username)).toEqual(['ada', 'grace']);

      const again = await prepareDemo(locations, 'porthole-desktop');
      expect(again.users).toEqual(demo.users);
      expect(again.enrollmentToken).not.toBe(demo.enrollmentToken);

      const network = createNodeNetwork();
      network.pin(broker.url, [broker.ca]);
      const answer = await network.fetch(`${broker.url}/v1/openapi.json`);
      expect(answer.status).toBe(200);
      await network.dispose();

      const port = Number(new URL(broker.url).port);
      const others = {
        ...locations,
        demoData: join(folder, 'other-data'),
        state: join(folder, 'other-state'),
      };
      const second = startBrokerProcess({
        locations: others,
        env,
        port,
      });
      await expect(second).rejects.toMatchObject({ code: 'port-in-use' });
    } finally {
      await broker.dispose();
    }
    expect(isAlive(pid)).toBe(false);
  });

  it('sets new passwords for the demo where the old ones were lost', async () => {
    const first = await prepareDemo(locations, 'porthole-desktop');
    await rm(join(locations.demoData, 'demo-users.json'));
    const second = await prepareDemo(locations, 'porthole-desktop');
    expect(second.users).not.toEqual(first.users);
  });

  it('leaves the users of the real broker alone, though one has the name of a demo user', async () => {
    const { brokerData: dataDir } = locations;
    const admin = await openAdmin({ dataDir, cacheDir: dataDir });
    await admin.addUser({ username: 'ada', displayName: 'Ada L.', password: 'correct horse' });
    await admin.close();
    const store = () => contents(dataDir);
    const before = await store();

    const broker = await startBrokerProcess({ locations, env, port: 0 });
    await prepareDemo(locations, 'porthole-desktop').finally(() => broker.dispose());
    expect(await store()).toEqual(before);
  });

  it('keeps the passwords where only this user can read them, also after somebody could', async () => {
    const file = join(locations.demoData, 'demo-users.json');
    const mode = async () => (await stat(file)).mode & 0o777;
    await prepareDemo(locations, 'porthole-desktop');
    expect(await mode()).toBe(0o600);
    await chmod(file, 0o644);
    await prepareDemo(locations, 'porthole-desktop');
    expect(await mode()).toBe(0o600);
    expect((await readdir(locations.demoData)).filter((name) => name.endsWith('.new'))).toEqual([]);
  });
});

/** File name → contents. */
async function contents(dir: string): Promise<Record<string, string>> {
  const read = async (name: string) => [name, await readFile(join(dir, name), 'base64')] as const;
  return Object.fromEntries(await Promise.all((await readdir(dir)).map(read)));
}

describe('the terminal', () => {
  const enroll = { token: 'a token of a test', ca: 'A'.repeat(43) };
  const launch = { broker: 'https://127.0.0.1:7600', enroll, demo: null };

  /** The terminal's own reading of the launch file, without its window. */
  async function reader(script: string) {
    const executable = join(folder, 'electron');
    await writeFile(executable, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const electron = {
      dir: folder,
      executable,
      version: '0',
      source: 'override',
      line: '',
    } as const;
    const child = await startTerminal({
      ...{ locations, electron, launch, profile: null, env, pictures: null },
      app: resolve('.'),
    });
    await child.ended;
    return child;
  }

  async function left(): Promise<string[]> {
    return (await readdir(locations.runtime)).filter((name) => name.startsWith('launch-'));
  }

  it('removes the launch file when it has read it, whatever becomes of its starter', async () => {
    const source = `
      import { readLaunchFile } from './main/launch-file.ts';
      import { currentUser } from './main/trusted-file.ts';
      console.log(readLaunchFile(process.env.PORTHOLE_LAUNCH_FILE, currentUser()).enroll.token);`;
    const terminal = await reader(
      `exec "${process.execPath}" --input-type=module-typescript -e '${source.replaceAll("'", '"')}'`,
    );
    expect(await readFile(join(locations.state, 'terminal.log'), 'utf8')).toContain(enroll.token);
    expect(await left()).toEqual([]);
    await terminal.dispose();
  });

  it('that ended before it read the launch file leaves none either', async () => {
    const terminal = await reader('exit 1');
    expect(await left()).toHaveLength(1);
    await terminal.dispose();
    expect(await left()).toEqual([]);
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
