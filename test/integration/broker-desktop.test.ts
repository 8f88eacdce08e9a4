import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultFolders } from '../../src/broker/folders.ts';
import { keysFolder } from '../../src/broker/tls/key-files.ts';
import { streamPath } from '../../src/contract/broker-api.ts';
import { streamClose } from '../../src/contract/stream.ts';
import { ImageLibrary } from '../../src/desktops/images/library.ts';
import { runTool } from '../../src/desktops/images/tools.ts';
import { resumeSession } from '../../src/terminal/sign-in.ts';
import { handshake } from '../fakes/fake-rfb-server.ts';
import { clientHandshake, FakeStreamClient } from '../fakes/fake-stream-client.ts';
import { until } from '../fakes/until.ts';
import { TestBroker } from '../harness/broker.ts';
import { HeadlessTerminal } from '../harness/client.ts';
import { addHarbour } from '../harness/journey.ts';
import { heldBelow, nothing } from './holdings.ts';

const { cacheDir } = defaultFolders(process.env, process.getuid?.() ?? 0);
const library = new ImageLibrary({ root: join(cacheDir, 'images'), run: runTool, now: Date.now });
const [image] = (await library.list()).images.filter(({ manifest }) => manifest.kind === 'built');
const missing = image === undefined ? 'the guest image is not built; "npm start" builds it' : null;
if (missing !== null) console.error(`skipped: ${missing}`);

const ada = { username: 'ada', displayName: 'Ada', password: 'correct horse' };
/** Software emulation on a busy machine. */
const bootLimitMs = 240_000;
const never = new AbortController().signal;

let broker: TestBroker;
let terminal: HeadlessTerminal;
beforeAll(async () => {
  broker = await TestBroker.start({ limits: { bootTimeoutSeconds: bootLimitMs / 1000 } });
  await addHarbour(broker, [ada]);
  terminal = await HeadlessTerminal.enroll(broker);
  await terminal.signIn(ada);
});
afterAll(async () => {
  await terminal.dispose();
  await broker.dispose();
  expect(await broker.guests()).toEqual([]);
});

/** Opens the stream and waits for the first bytes of a frame. */
async function firstFrame(id: string): Promise<FakeStreamClient> {
  const { ticket } = await terminal.client.call('createTicket', { params: { id }, query: {} });
  const authority = await readFile(join(keysFolder(broker.folders.dataDir), 'ca.pem'), 'utf8');
  const client = new FakeStreamClient(broker.url, streamPath(id), { ticket, authority });
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
    'that is killed is said to be lost, and leaves nothing',
    async () => {
      const { id } = await terminal.startSession();
      const machineId = await broker.machineOf(id);
      const home = dirname(broker.folders.dataDir);
      const client = await firstFrame(id);
      const [guest, ...others] = await broker.guests();
      expect(others).toEqual([]);

      process.kill(guest ?? expect.unreachable('it runs'), 'SIGKILL');
      expect(await client.closed).toBe(streamClose.guestLost);
      // The end of its screen may be seen before that of its process; a template in the making ends
      // by itself.
      const look = { timeout: bootLimitMs };
      const detail = expect.stringContaining('SIGKILL');
      await expect
        .poll(() => terminal.client.call('getSession', { params: { id }, query: {} }), look)
        .toMatchObject({ state: 'failed', problem: { code: 'guest-failed', detail } });
      await expect.poll(() => heldBelow(home, [machineId]), look).toEqual(nothing);
      expect(await broker.guests()).toEqual([]);
    },
    2 * bootLimitMs,
  );

  it(
    'is streamed, survives a SIGKILL of the broker, is resumed, and leaves nothing',
    async () => {
      const { id, state, problem } = await terminal.startSession();
      expect({ state, problem }).toEqual({ state: 'running', problem: null });
      const picture = await terminal.client.call('sessionPicture', { params: { id } });
      expect(Buffer.from(picture).subarray(1, 4).toString()).toBe('PNG');
      const client = await firstFrame(id);
      const guests = await broker.guests();
      expect(guests).not.toEqual([]);

      await broker.kill();
      expect(await client.closed).toBe(1006);
      expect(await broker.guests()).toEqual(guests);

      await broker.restart();
      const resumed = await resumeSession(terminal.enrolled, never);
      expect(resumed?.session).toMatchObject({ id, state: 'running' });
      const again = await firstFrame(id);
      expect(await broker.guests()).toEqual(guests);

      await terminal.client.call('endSession', { params: { id } });
      expect(await again.closed).toBe(4410);
      await until('the guest is gone', async () => (await broker.guests()).length === 0);
      const logs = await broker.admin((admin) => admin.logsOf(id));
      // A clone of a guest that has booted has nothing more to say there, but the files stay.
      for (const log of [logs.console, logs.qemu]) expect(existsSync(log)).toBe(true);
    },
    2 * bootLimitMs,
  );
});
