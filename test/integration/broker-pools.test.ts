import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultFolders } from '../../src/broker/folders.ts';
import { keysFolder } from '../../src/broker/tls/key-files.ts';
import { streamPath } from '../../src/contract/broker-api.ts';
import type { Purpose } from '../../src/contract/host.ts';
import type { Session } from '../../src/contract/session.ts';
import { ImageLibrary } from '../../src/desktops/images/library.ts';
import { runTool } from '../../src/desktops/images/tools.ts';
import { clientHandshake, FakeStreamClient } from '../fakes/fake-stream-client.ts';
import { TestBroker } from '../harness/broker.ts';
import { HeadlessTerminal } from '../harness/client.ts';
import { runOnDesktop, startOnDesktop } from '../harness/guest-screen.ts';

const { cacheDir } = defaultFolders(process.env, process.getuid?.() ?? 0);
const library = new ImageLibrary({ root: join(cacheDir, 'images'), run: runTool, now: Date.now });
const [image] = (await library.list()).images.filter(({ manifest }) => manifest.kind === 'built');
const missing = image === undefined ? 'the guest image is not built; "npm start" builds it' : null;
if (missing !== null) console.error(`skipped: ${missing}`);

const ada = { username: 'ada', displayName: 'Ada', password: 'correct horse' };
/** Software emulation on a busy machine. */
const bootLimitMs = 240_000;
const lookAgainMs = 500;
/** A pool whose desktops wait for their users, and one whose users have disks. */
const wharf = 'Wharf';
const cabin = 'Cabin';
const letter = '/home/user/letter';
/** As the screen has it: blue, green, red, and nothing. */
const paint = { name: '#c04080', pixel: Buffer.from([0x80, 0x40, 0xc0]) };

let broker: TestBroker;
let terminal: HeadlessTerminal;
let server: Server;
let forbidden: Server;

/** One after the other: each goes on with what the one before it left. */
describe.skipIf(missing !== null)('the pools of a real broker', () => {
  let onWharf: Session;

  beforeAll(async () => {
    server = await listening('let through');
    forbidden = await listening('never to be seen');
    broker = await TestBroker.start({ limits: { bootTimeoutSeconds: bootLimitMs / 1000 } });
    await broker.admin(async (admin) => {
      await admin.addUser(ada);
      const common = { image: 'porthole-desktop', memoryMb: 256, users: [ada.username] };
      await admin.addPool({
        ...common,
        name: wharf,
        spares: 1,
        suspendAfterMinutes: 1,
        network: { kind: 'allowed', destinations: [`127.0.0.1:${portOf(server)}`] },
      });
      await admin.addPool({ ...common, name: cabin, persistence: 'persistent' });
    });
    terminal = await HeadlessTerminal.enroll(broker);
    await terminal.signIn(ada);
  });
  afterAll(async () => {
    await terminal?.dispose();
    await broker?.dispose();
    expect((await broker?.guests()) ?? []).toEqual([]);
    server?.close();
    forbidden?.close();
  });

  it(
    'hands over a spare, and makes another',
    async () => {
      const [spare = ''] = await machinesFor('spare', 1);
      onWharf = await open(wharf);
      expect(await broker.machineOf(onWharf.id)).toBe(spare);
      expect(await machinesFor('session', 1)).toEqual([spare]);
      const [next] = await machinesFor('spare', 1);
      expect(next).not.toBe(spare);
      // It has had its use: the host is small.
      await broker.admin((admin) => admin.changePool({ pool: wharf, spares: 0 }));
      await machinesFor('spare', 0);
    },
    3 * bootLimitMs,
  );

  it(
    'let a desktop reach what its pool allows, and nothing else',
    async () => {
      const status = `-o /dev/null -w '%{http_code}'`;
      const proxy = 'http_proxy=http://10.0.2.2:3128 no_proxy=';
      const ask = (from: Server, options = '') =>
        inGuest(onWharf, `${proxy} curl -s ${options} http://127.0.0.1:${portOf(from)}/ || true`);
      // Its network card may be set up only after the desktop was painted.
      await expect
        .poll(() => ask(server), { timeout: bootLimitMs, interval: lookAgainMs })
        .toBe('let through');
      expect(await ask(forbidden, status)).toBe('403');
      expect(await ask(server, `--noproxy '*' -m 5 ${status}`)).toBe('000');
      await paintScreen(onWharf);
      await expect.poll(() => pixel(onWharf), { timeout: 60_000 }).toEqual(paint.pixel);
    },
    2 * bootLimitMs,
  );

  it(
    'keep the disk of a user from session to session, until it is reset',
    async () => {
      const first = await open(cabin);
      await inGuest(first, `echo dear friend > ${letter}`);
      await end(first);
      const second = await open(cabin);
      expect(await broker.machineOf(second.id)).not.toBe(await broker.machineOf(first.id));
      expect(await inGuest(second, `cat ${letter}`)).toBe('dear friend\n');
      const reset = () => broker.admin((admin) => admin.resetPoolDisk(cabin, ada.username));
      await expect(reset()).rejects.toMatchObject({ code: 'change-conflict' });
      await end(second);
      const { disks, diskBytes } = await reset();
      expect(disks).toBe(1);
      expect(diskBytes).toBeGreaterThan(0);
      expect(await keptFiles()).toEqual([]);
      const third = await open(cabin);
      expect(await inGuest(third, `ls ${letter} || true`)).toBe('');
    },
    4 * bootLimitMs,
  );

  it(
    'suspend a desktop that nobody looks at, and wake it as it was',
    async () => {
      await reaches(onWharf, 'suspended');
      const machine = await broker.machineOf(onWharf.id);
      expect(await processOf(machine)).toEqual([]);
      const woken = await open(wharf);
      expect(woken.id).toBe(onWharf.id);
      expect(await broker.machineOf(onWharf.id)).toBe(machine);
      expect(await processOf(machine)).toHaveLength(1);
      expect(await pixel(onWharf)).toEqual(paint.pixel);
      expect(await inGuest(onWharf, 'cat /tmp/said')).toBe('still here\n');
    },
    2 * bootLimitMs,
  );

  it(
    'take back what a user had when the user is removed',
    async () => {
      expect(await keptFiles()).toHaveLength(1);
      expect(await broker.guests()).toHaveLength(2);
      const { stdout } = await promisify(execFile)(resolve('src/setup/porthole.mjs'), [
        ...['user', 'remove', ada.username],
        ...['--data-dir', broker.folders.dataDir, '--cache-dir', broker.folders.cacheDir],
      ]);
      expect(stdout).toMatch(
        /^freed: 2 sessions, 1 disk \([1-9][\d.]* \w+\), [1-9].* of memory\n$/,
      );
      const look = { timeout: bootLimitMs, interval: lookAgainMs };
      await expect.poll(() => broker.guests(), look).toEqual([]);
      const states = async () =>
        (await broker.admin((admin) => admin.listSessions())).map(({ state }) => state);
      await expect.poll(states, look).toEqual(['ended', 'ended', 'ended', 'ended']);
      expect(await keptFiles()).toEqual([]);
    },
    2 * bootLimitMs,
  );
});

async function listening(answer: string): Promise<Server> {
  const one = createServer((_, response) => response.end(answer));
  await once(one.listen(0, '127.0.0.1'), 'listening');
  return one;
}

function portOf(one: Server): number {
  const address = one.address();
  return typeof address === 'object' && address !== null ? address.port : expect.unreachable();
}

/** Connects to a desktop, as a user does who sees its name. */
async function open(name: string): Promise<Session> {
  const { desktops } = await terminal.client.call('listDesktops', {});
  const desktopId = desktops.find((desktop) => desktop.name === name)?.id ?? '';
  const session = await terminal.client.call('createSession', { body: { desktopId } });
  return reaches(session, 'running');
}

async function end(session: Session): Promise<void> {
  await terminal.client.call('endSession', { params: { id: session.id } });
  await reaches(session, 'ended');
}

/** Follows a session to a state; each change is waited for. */
async function reaches({ id }: Session, state: Session['state']): Promise<Session> {
  let session = await terminal.client.call('getSession', { params: { id }, query: {} });
  while (session.state !== state) {
    if (session.problem !== null) throw new Error(`the session failed: ${session.problem.detail}`);
    const query = { after: session.revision };
    session = await terminal.client.call('getSession', { params: { id }, query });
  }
  return session;
}

/** Ids of the machines that run for this, once there are as many. */
async function machinesFor(purpose: Purpose, count: number): Promise<string[]> {
  const ids = async () =>
    (await broker.admin((admin) => admin.machines()))
      .filter((machine) => machine.purpose === purpose && machine.state === 'running')
      .map(({ id }) => id);
  const look = { timeout: bootLimitMs, interval: lookAgainMs };
  await expect.poll(ids, look).toHaveLength(count);
  return ids();
}

/** QEMU processes of a machine. */
async function processOf(machine: string): Promise<number[]> {
  const all = await Promise.all(
    (await broker.guests()).map(async (pid) => ({
      pid,
      line: await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
    })),
  );
  return all.filter(({ line }) => line.includes(machine)).map(({ pid }) => pid);
}

async function inGuest({ id }: Session, command: string): Promise<string> {
  return broker.inGuest(id, (guest) => runOnDesktop(guest, command));
}

/** Has one colour cover the screen, and leaves a word in the memory of the guest. */
async function paintScreen({ id }: Session): Promise<void> {
  await broker.inGuest(id, async (guest) => {
    const colours = ['-bg', '-fg', '-cr'].map((which) => `${which} '${paint.name}'`).join(' ');
    await runOnDesktop(guest, 'echo still here > /tmp/said');
    await startOnDesktop(guest, `xterm -fullscreen ${colours} -e cat`);
  });
}

/** What the stream shows in the middle of the screen, to a viewer who is here for one look. */
async function pixel({ id }: Session): Promise<Buffer> {
  const { ticket } = await terminal.client.call('createTicket', { params: { id }, query: {} });
  const authority = await readFile(join(keysFolder(broker.folders.dataDir), 'ca.pem'), 'utf8');
  const client = new FakeStreamClient(broker.url, streamPath(id), { ticket, authority });
  await client.opened();
  client.webSocket.send(clientHandshake);
  // RFC 6143: greeting, security types and their result come before ServerInit, whose last is a name.
  const named = 12 + 2 + 4 + 24;
  await client.waitFor(named);
  const nameLength = client.received.readUInt32BE(named - 4);
  // Raw encoding, and one pixel of 32 bits; of the answer, the first after the rectangle's header.
  client.webSocket.send(Buffer.from([2, 0, 0, 1, 0, 0, 0, 0]));
  client.webSocket.send(Buffer.from([3, 0, 1, 0, 1, 0, 0, 1, 0, 1]));
  const drawn = named + nameLength + 4 + 12;
  await client.waitFor(drawn + 4);
  client.webSocket.close();
  await client.closed;
  return client.received.subarray(drawn, drawn + 3);
}

/** Disks that outlive their desktops. */
function keptFiles(): Promise<string[]> {
  return readdir(join(broker.folders.dataDir, 'disks'));
}
