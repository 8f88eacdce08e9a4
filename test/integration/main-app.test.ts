import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Admin, openAdmin } from '../../src/broker/admin.ts';
import { parseConfig } from '../../src/broker/config.ts';
import { createLog } from '../../src/broker/log.ts';
import { type Broker, startBroker } from '../../src/broker/main.ts';
import { systemClock } from '../../src/contract/clock.ts';
import type { CallArgument, CallName, CallResult, Result } from '../../src/contract/ipc.ts';
import { streamProtocol } from '../../src/contract/stream.ts';
import type { StateOf, TerminalState, TerminalStateKind } from '../../src/contract/terminal.ts';
import { FakeHost } from '../fakes/fake-host.ts';
import { FakeRfbServer } from '../fakes/fake-rfb-server.ts';
import { scratchImages } from '../fakes/scratch-images.ts';
import { until } from '../fakes/until.ts';
import { type BuiltApp, buildApp, type Launched, launchApp } from '../harness/built-app.ts';
import { type Display, startDisplay } from '../harness/display.ts';
import { type Keyring, startKeyring } from '../harness/keyring.ts';
import { expectedFiles, filesIn, filesWith } from '../harness/profile-files.ts';

/** The main process for real: Electron, a keyring, files; and at the end a broker. */
/** The cores are shared with whatever else runs, guests included. */
const startsWithinMs = 40_000;

let app: BuiltApp;
let display: Display;
let home: string;
let running: Launched[] = [];

beforeAll(async () => {
  app = await buildApp(join(import.meta.dirname, '../security/page'));
  display = await startDisplay();
});
afterAll(async () => {
  await display?.dispose();
  await app?.dispose();
});
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'porthole-home-'));
});
afterEach(async () => {
  for (const launched of running) await launched.quit();
  running = [];
  await rm(home, { recursive: true, force: true });
});

async function launch(env: Record<string, string> = {}, args: string[] = []): Promise<Launched> {
  const { DBUS_SESSION_BUS_ADDRESS: _bus, XDG_RUNTIME_DIR: _runtime, ...rest } = process.env;
  const launched = await launchApp({
    app: app.folder,
    profile: join(home, 'profile'),
    env: { ...rest, HOME: home, DISPLAY: display.name, PORTHOLE_CONFIG_DIR: home, ...env },
    args,
  });
  running.push(launched);
  return launched;
}

/** Calls main as the renderer would, and gives the value of the answer. */
async function call<N extends CallName>(
  page: Page,
  name: N,
  argument?: CallArgument<N>,
): Promise<CallResult<N>> {
  const answer: unknown = await page.evaluate(
    ({ name, argument }) => Reflect.get(window.porthole ?? {}, name)(argument),
    { name: String(name), argument: argument as unknown },
  );
  // Main has parsed it by the schema of this very call.
  const result = answer as Result<CallResult<N>>;
  if (!result.ok) throw new Error(result.problem.code);
  return result.value;
}

async function stateOnce<K extends TerminalStateKind>(
  page: Page,
  kind: K,
  also: (state: StateOf<K>) => boolean = () => true,
): Promise<StateOf<K>> {
  let state: TerminalState | undefined;
  const isIt = (candidate: TerminalState): candidate is StateOf<K> => candidate.kind === kind;
  await until(
    `the terminal is ${kind}`,
    async () => {
      state = await call(page, 'getState');
      return isIt(state) && also(state);
    },
    startsWithinMs,
  );
  if (state === undefined || !isIt(state)) throw new Error('the state changed again');
  return state;
}

/** For a terminal that nobody enrolls. */
const nowhere = { broker: 'https://127.0.0.1:1', enroll: null, demo: null };

async function writeLaunchFile(launch: object, mode = 0o600): Promise<Record<string, string>> {
  const file = join(home, 'launch.json');
  await writeFile(file, JSON.stringify(launch), { mode });
  await chmod(file, mode);
  return { PORTHOLE_LAUNCH_FILE: file };
}

describe('on a machine without a keychain', () => {
  it('keeps the identity in an encrypted file', async () => {
    const page = await (await launch()).page();
    await stateOnce(page, 'unenrolled');
    expect(await call(page, 'getAppInfo')).toMatchObject({ vault: 'file' });
  });

  it('asks where a keychain is the policy, and goes on in memory when told so', async () => {
    await writeFile(join(home, 'terminal.json'), '{"vault":"keychain"}', { mode: 0o644 });
    const page = await (await launch()).page();
    const { problem } = await stateOnce(page, 'blocked');
    expect(problem.code).toBe('vault-unavailable');
    await call(page, 'useMemoryVault');
    await stateOnce(page, 'unenrolled');
    expect(await call(page, 'getAppInfo')).toMatchObject({ vault: 'memory' });
  });

  it('asks where the keychain has the identity, and seems to be gone', async () => {
    await mkdir(join(home, 'profile', 'vault'), { recursive: true, mode: 0o700 });
    await writeFile(join(home, 'profile', 'vault', 'in-keychain'), '');
    const page = await (await launch()).page();
    expect((await stateOnce(page, 'blocked')).problem.code).toBe('vault-unavailable');
  });

  it('goes on in memory where the launch file says so, and shows the offer', async () => {
    const env = await writeLaunchFile({ ...nowhere, vault: 'memory' });
    const page = await (await launch(env)).page();
    expect(await stateOnce(page, 'unenrolled')).toMatchObject({
      offer: { broker: nowhere.broker },
    });
    expect(await call(page, 'getAppInfo')).toMatchObject({ vault: 'memory' });
  });
});

it('does not start with a launch file that others can read', async () => {
  const env = await writeLaunchFile(nowhere, 0o644);
  const launched = await launch(env);
  expect(await launched.ended).toBe(2);
  expect(launched.log).toContainEqual(expect.objectContaining({ code: 'config-unreadable' }));
});

it('is started once for each profile', async () => {
  const first = await launch();
  await first.page();
  const second = await launch();
  expect(await second.ended).toBe(0);
  expect(first.process.exitCode).toBeNull();
});

it('keeps preferences, and takes pictures when asked to', async () => {
  const first = await launch();
  const chosen = {
    language: 'ar',
    theme: 'dark',
    textSize: 150,
    showsFigures: true,
    scaling: 'fit',
    density: 'even',
  } as const;
  await call(await first.page(), 'setPreferences', chosen);
  expect(await first.quit()).toBe(0);
  const second = await launch({}, [`--screenshots=${join(home, 'pictures')}`]);
  const page = await second.page();
  expect(await call(page, 'getPreferences')).toEqual(chosen);
  // The test driver pretends a light theme unless it is told not to.
  await page.emulateMedia({ colorScheme: null });
  expect(await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches)).toBe(true);
  const pictures = () => readdir(join(home, 'pictures')).catch((): string[] => []);
  await until('the picture is there', async () => (await pictures()).includes('01-unenrolled.png'));
});

it('brings the page back when it crashed, in the state it was in', async () => {
  const launched = await launch();
  const page = await launched.page();
  await stateOnce(page, 'unenrolled');
  const session = await page.context().newCDPSession(page);
  // The answer never comes: whoever would give it has crashed.
  session.send('Page.crash').catch(() => undefined);
  await until('the crash is logged', () =>
    launched.log.some(({ message }) => message === 'the page crashed'),
  );
  await until('the page is back', async () => {
    // A page that has not come back yet breaks the connection to it.
    const again = await launched.page().catch(() => null);
    return again !== null && (await call(again, 'getState')).kind === 'unenrolled';
  });
});

describe('with a keyring and a broker', () => {
  const username = 'canary-of-a-user';
  const displayName = 'Canary Displayed';
  const password = 'correct horse';
  let keyring: Keyring;
  let guest: FakeRfbServer;
  let folder: string;
  let broker: Broker;

  beforeAll(async () => {
    keyring = await startKeyring();
    guest = await FakeRfbServer.listen();
    folder = await mkdtemp(join(tmpdir(), 'broker-'));
    const folders = { dataDir: folder, runtimeDir: folder, cacheDir: folder };
    scratchImages(folder, systemClock);
    broker = await startBroker(parseConfig({ port: 0 }, folders), {
      log: createLog({ write: () => undefined }),
      openHost: async () => new FakeHost({ rfbSocket: guest.path, bootsAtOnce: true }).opened(),
    });
    const admin = await openAdmin({ dataDir: folder, cacheDir: folder });
    await admin.addUser({ username, displayName, password, groups: [] });
    const desktop = {
      name: 'Canary Desk',
      image: 'porthole',
      engine: 'para',
      memoryMb: 256,
      cpus: 1,
    };
    await admin.addPool({ ...desktop, engine: 'para', users: [username] });
    await admin.close();
  });
  afterAll(async () => {
    await broker?.close();
    await guest?.close();
    await keyring?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  it('enrolls, signs in, connects, and resumes after a restart with what the keyring kept', async () => {
    const admin = await openAdmin({ dataDir: folder, cacheDir: folder });
    const { token } = await admin.createEnrollmentToken({
      label: 'Test',
      uses: 1,
      expiresInSeconds: 900,
    });
    await admin.close();
    const enroll = { token, ca: broker.caFingerprint };
    const demo = { username, password };
    const env = await writeLaunchFile({ broker: broker.url, enroll, demo });
    const first = await launch({ ...keyring.env, ...env });
    const page = await first.page();
    const { session, grant } = await stateOnce(page, 'streaming');
    expect(await call(page, 'getAppInfo')).toMatchObject({ vault: 'keychain' });

    expect(await openStream(page, grant)).toBe(streamProtocol);
    expect(await pictureType(page, session.id)).toBe('image/png');
    expect(await openStream(page, { url: grant.url.replace(/:\d+/, ':1'), protocols: [] })).toBe(
      'refused',
    );
    expect(await first.quit()).toBe(0);

    const again = await launch(keyring.env);
    const second = await again.page();
    const resumed = await stateOnce(second, 'streaming');
    expect(resumed.session.id).toBe(session.id);
    await call(second, 'signOut');
    await stateOnce(second, 'signed-out');
    await call(second, 'forgetEnrollment');
    await stateOnce(second, 'unenrolled');
    expect(await again.quit()).toBe(0);
    await expectNothingLeft([username, password, displayName, session.id, session.desktop.name]);
  });

  it('stays with the broker that enroll.json names, until the broker puts it out', async () => {
    const { token } = await administer((admin) =>
      admin.createEnrollmentToken({ label: 'Kiosk', uses: 9, expiresInSeconds: 900 }),
    );
    const enroll = { broker: broker.url, token, ca: broker.caFingerprint };
    await writeFile(join(home, 'enroll.json'), JSON.stringify(enroll), { mode: 0o600 });
    const page = await (await launch()).page();
    await stateOnce(page, 'signed-out');
    await expect(call(page, 'forgetEnrollment')).rejects.toThrow('not-possible-now');
    expect(await call(page, 'getAppInfo')).toMatchObject({ managed: true });

    await administer(async (admin) => {
      const kiosk = (await admin.listTerminals()).find(({ enrolledBy }) => enrolledBy === 'Kiosk');
      await admin.revokeTerminal(kiosk?.id ?? '');
    });
    await call(page, 'retryNow');
    await stateOnce(page, 'unenrolled', ({ problem }) => problem?.code === 'terminal-unknown');
    await running.pop()?.quit();

    const again = await launch();
    await stateOnce(await again.page(), 'unenrolled');
    expect(again.log).toContainEqual(
      expect.objectContaining({ message: expect.stringMatching(/token is not used again/) }),
    );
  });

  it('may be taken from it where the administrator says so', async () => {
    await writeFile(join(home, 'terminal.json'), '{"forget":"allowed"}', { mode: 0o644 });
    const { token } = await administer((admin) =>
      admin.createEnrollmentToken({ label: 'Open', uses: 1, expiresInSeconds: 900 }),
    );
    const enroll = { broker: broker.url, token, ca: broker.caFingerprint };
    await writeFile(join(home, 'enroll.json'), JSON.stringify(enroll), { mode: 0o600 });
    const page = await (await launch()).page();
    await stateOnce(page, 'signed-out');
    await call(page, 'forgetEnrollment');
    await stateOnce(page, 'unenrolled');
  });

  async function administer<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = await openAdmin({ dataDir: folder, cacheDir: folder });
    try {
      return await work(admin);
    } finally {
      await admin.close();
    }
  }

  /** Nothing of the user is in the profile, and no file that has no reason to be there. */
  async function expectNothingLeft(canaries: string[]): Promise<void> {
    const profile = join(home, 'profile');
    expect(await filesWith(profile, canaries)).toEqual([]);
    const files = await filesIn(profile);
    expect(
      files.filter((file) => !expectedFiles.some(({ pattern }) => pattern.test(file))),
    ).toEqual([]);
  }

  /** The subprotocol that the gateway chose, or `refused`. */
  function openStream(page: Page, grant: { url: string; protocols: string[] }): Promise<string> {
    return page.evaluate(
      ({ url, protocols }) =>
        new Promise<string>((resolve) => {
          const socket = new WebSocket(url, protocols);
          socket.onopen = () => resolve(socket.protocol);
          socket.onerror = () => resolve('refused');
        }),
      grant,
    );
  }

  function pictureType(page: Page, sessionId: string): Promise<string | null> {
    return page.evaluate(
      async (id) => (await fetch(`/pictures/${id}`)).headers.get('content-type'),
      sessionId,
    );
  }
});

it('leaves no process behind when it is told to quit', async () => {
  const launched = await launch();
  await launched.page();
  const mine = await processesOf(join(home, 'profile'));
  expect(mine.length).toBeGreaterThan(1);
  expect(await launched.quit()).toBe(0);
  await until('its processes are gone', async () => {
    return (await processesOf(join(home, 'profile'))).length === 0;
  });
});

/** Ids of the processes with this text in their command line (proc(5)). */
async function processesOf(text: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => ''));
  const found = await Promise.all(lines);
  return ids.filter((_id, index) => found[index]?.includes(text));
}
