import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAdmin } from '../../src/broker/admin.ts';
import { defaultFolders } from '../../src/broker/folders.ts';
import { streamPath } from '../../src/contract/broker-api.ts';
import { systemClock } from '../../src/contract/clock.ts';
import { type Session, sessionSchema } from '../../src/contract/session.ts';
import { ImageLibrary } from '../../src/desktops/images/library.ts';
import { runTool } from '../../src/desktops/images/tools.ts';
import { handshake } from '../fakes/fake-rfb-server.ts';
import { clientHandshake, FakeStreamClient } from '../fakes/fake-stream-client.ts';
import { FakeTerminal, fetched, textIn } from '../fakes/fake-terminal.ts';
import { until } from '../fakes/until.ts';

const { cacheDir } = defaultFolders(process.env, process.getuid?.() ?? 0);
const library = new ImageLibrary({ root: join(cacheDir, 'images'), run: runTool, now: Date.now });
const [image] = (await library.list()).images.filter(({ manifest }) => manifest.kind === 'built');
const missing = image === undefined ? 'the guest image is not built; "npm start" builds it' : null;
if (missing !== null) console.error(`skipped: ${missing}`);

const password = 'correct horse';
/** Software emulation on a busy machine. */
const bootLimitMs = 240_000;

let folder: string;
let url: string;
let child: ChildProcess | null = null;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bd-'));
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  writeFileSync(
    join(folder, 'broker.json'),
    JSON.stringify({
      port,
      dataDir: join(folder, 'data'),
      runtimeDir: join(folder, 'run'),
      limits: { bootTimeoutSeconds: bootLimitMs / 1000 },
    }),
    { mode: 0o600 },
  );
});
afterEach(async () => {
  await endBroker('SIGTERM');
  expect(guests()).toEqual([]);
  rmSync(folder, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('not a port');
  return address.port;
}

/** The broker as people run it: a process of its own. */
async function startBroker(): Promise<void> {
  const args = ['src/broker/main.ts', '--config', join(folder, 'broker.json')];
  const started = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  started.stderr.on('data', (bytes) => {
    log += bytes;
  });
  child = started;
  const ended = once(started, 'close').then(() => {
    throw new Error(`the broker ended: ${log}`);
  });
  // Its end is expected once it has said where it listens.
  ended.catch(() => undefined);
  await Promise.race([once(createInterface(started.stdout), 'line'), ended]);
}

async function endBroker(signal: NodeJS.Signals): Promise<void> {
  const ending = child;
  child = null;
  if (ending === null || ending.exitCode !== null || ending.signalCode !== null) return;
  const ended = once(ending, 'close');
  ending.kill(signal);
  await ended;
}

/** Process ids of the guests that run out of this test's folder. */
function guests(): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return command.startsWith('qemu-system') && command.includes(folder);
    } catch {
      // It ended while we looked.
      return false;
    }
  });
}

async function seatWithSession(): Promise<{ terminal: FakeTerminal; id: string }> {
  const admin = openAdmin({ dataDir: join(folder, 'data') });
  await admin.addUser({ username: 'ada', displayName: 'Ada', password });
  const { id: desktopId } = await admin.addDesktop({
    name: 'Desktop',
    image: image?.manifest.name ?? '',
    engine: 'para',
    memoryMb: 384,
    cpus: 1,
    users: ['ada'],
  });
  const { code } = await admin.issueEnrollmentCode();
  await admin.close();
  const send = fetched(url);
  const terminal = await FakeTerminal.create({ clock: systemClock, origin: url, send });
  await terminal.enroll(code);
  await terminal.signIn('ada', password);
  const { body } = await terminal.call('createSession', { body: { desktopId } });
  return { terminal, id: textIn(body, 'id') };
}

/** Follows the session as a terminal does, to the end of its start. */
async function untilStarted(terminal: FakeTerminal, id: string): Promise<Session> {
  for (let after = 0; ; ) {
    const query = { after: `${after}` };
    const { body } = await terminal.call('getSession', { params: { id }, query });
    const session = sessionSchema.parse(body);
    if (session.state !== 'starting') return session;
    after = session.revision;
  }
}

/** Opens the stream and waits for the first bytes of a frame. */
async function firstFrame(terminal: FakeTerminal, id: string): Promise<FakeStreamClient> {
  const { body } = await terminal.call('createTicket', { params: { id } });
  const client = new FakeStreamClient(url, streamPath(id), { ticket: textIn(body, 'ticket') });
  await client.opened();
  client.webSocket.send(clientHandshake);
  // Raw encoding, and the whole of the screen's upper left corner.
  client.webSocket.send(Buffer.from([2, 0, 0, 1, 0, 0, 0, 0]));
  client.webSocket.send(Buffer.from([3, 0, 0, 0, 0, 0, 0, 64, 0, 64]));
  await client.waitFor(handshake.length + 64 * 64 * 4);
  return client;
}

describe.skipIf(missing !== null)('a real desktop behind a real broker', () => {
  it(
    'is streamed, survives a SIGKILL of the broker, is resumed, and leaves nothing',
    async () => {
      await startBroker();
      const { terminal, id } = await seatWithSession();
      expect(await untilStarted(terminal, id)).toMatchObject({ state: 'running', problem: null });
      const picture = await terminal.call('sessionPicture', { params: { id } });
      expect(picture.raw.subarray(1, 4).toString()).toBe('PNG');
      const client = await firstFrame(terminal, id);
      const [guest] = guests();

      await endBroker('SIGKILL');
      expect(await client.closed).toBe(1006);
      expect(guests()).toEqual([guest]);

      await startBroker();
      expect(await terminal.resume()).toMatchObject({
        status: 201,
        body: { session: { id, state: 'running' } },
      });
      const again = await firstFrame(terminal, id);
      expect(guests()).toEqual([guest]);

      await terminal.call('endSession', { params: { id } });
      expect(await again.closed).toBe(4410);
      await until('the guest is gone', () => guests().length === 0);
      const admin = openAdmin({ dataDir: join(folder, 'data') });
      const logs = await admin.logsOf(id);
      await admin.close();
      expect(readFileSync(logs.console, 'utf8').length).toBeGreaterThan(0);
    },
    2 * bootLimitMs,
  );
});
