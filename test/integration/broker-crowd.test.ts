import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultFolders } from '../../src/broker/folders.ts';
import { CodedError } from '../../src/contract/errors.ts';
import type { HostUsage } from '../../src/contract/host.ts';
import type { Session } from '../../src/contract/session.ts';
import { Admission } from '../../src/desktops/accounting/admission.ts';
import { defaultAdmissionPolicy } from '../../src/desktops/accounting/admission-policy.ts';
import { ImageLibrary } from '../../src/desktops/images/library.ts';
import { runTool } from '../../src/desktops/images/tools.ts';
import { TestBroker } from '../harness/broker.ts';
import { HeadlessTerminal } from '../harness/client.ts';
import { type Held, heldBelow } from './holdings.ts';

const { cacheDir } = defaultFolders(process.env, process.getuid?.() ?? 0);
const library = new ImageLibrary({ root: join(cacheDir, 'images'), run: runTool, now: Date.now });
const [image] = (await library.list()).images.filter(({ manifest }) => manifest.kind === 'built');
const missing = image === undefined ? 'the guest image is not built; "npm start" builds it' : null;
if (missing !== null) console.error(`skipped: ${missing}`);

const ada = { username: 'ada', displayName: 'Ada', password: 'correct horse' };
/** Software emulation on a busy machine. */
const limitMs = 600_000;
const lookAgainMs = 1_000;
const crowd = 50;
/** Processors that the guests may have together, of one each: some of the crowd find no room. */
const places = 40;
const overcommit = { memory: 16, cpu: Math.max(1, places / availableParallelism()) };
const wanted = { engine: 'para', memoryMb: 192, cpus: 1 } as const;
/** Of those that have room by the host's figures, how many get it: what else it does takes some. */
const floorShare = 0.75;

let broker: TestBroker;
let terminal: HeadlessTerminal;

/** What became of a wish for a desktop. */
type Outcome =
  | { kind: 'running'; session: Session }
  | { kind: 'refused'; code: string; said: string };

describe.skipIf(missing !== null)(`${crowd} that connect at once`, () => {
  beforeAll(async () => {
    broker = await TestBroker.start({
      limits: { bootTimeoutSeconds: limitMs / 1000 },
      overcommit,
    });
    await broker.admin(async (admin) => {
      await admin.addUser(ada);
      for (let berth = 1; berth <= crowd; berth += 1) {
        await admin.addPool({
          name: `Berth ${berth}`,
          image: 'porthole-desktop',
          ...wanted,
          users: [ada.username],
        });
      }
    });
    terminal = await HeadlessTerminal.enroll(broker);
    await terminal.signIn(ada);
  });
  afterAll(async () => {
    await terminal?.dispose();
    await broker?.dispose();
    expect((await broker?.guests()) ?? []).toEqual([]);
  });

  it(
    'get a desktop or a sentence, and leave nothing',
    async ({ annotate }) => {
      await templateIsThere();
      const before = await held([]);
      const room = roomFor(await broker.admin((admin) => admin.hostUsage()));
      expect(room).toBeGreaterThan(0);
      const { desktops } = await terminal.client.call('listDesktops', {});
      expect(desktops).toHaveLength(crowd);

      const beganAt = performance.now();
      const outcomes = await Promise.all(desktops.map(({ id }) => connect(id)));
      const tookMs = performance.now() - beganAt;
      const refused = outcomes.filter((outcome) => outcome.kind === 'refused');
      const running = outcomes.filter((outcome) => outcome.kind === 'running');
      expect(refused.map(({ code }) => code)).toEqual(refused.map(() => 'host-full'));
      for (const { said } of refused) expect(said).toMatch(/^\w.* .*\w$/);
      expect(running.length).toBeGreaterThanOrEqual(Math.floor(floorShare * room));
      expect(running.length).toBeLessThanOrEqual(Math.max(places, availableParallelism()));
      expect(await broker.guests()).toHaveLength(running.length);
      const machines = await broker.admin((admin) => admin.machines());
      expect(new Set(machines.map(({ origin }) => origin?.kind))).toEqual(new Set(['clone']));
      const ids = machines.map(({ id }) => id);
      expect((await held(ids)).files.length).toBeGreaterThan(before.files.length);

      const endedAt = performance.now();
      await Promise.all(running.map(({ session }) => end(session)));
      const look = { timeout: limitMs, interval: lookAgainMs };
      await expect.poll(() => held(ids), look).toEqual(before);
      await annotate(
        `${running.length} of ${room} that have room run after ${Math.round(tookMs)} ms, ${refused.length} found no room; ` +
          `all gone after ${Math.round(performance.now() - endedAt)} ms`,
      );
    },
    2 * limitMs,
  );
});

/** How many of the crowd admission lets in on a host with these figures. */
function roomFor(host: HostUsage): number {
  const admission = new Admission({ ...defaultAdmissionPolicy, overcommit });
  for (let count = 0; count < crowd; count += 1) {
    try {
      admission.admit({ id: `${count}`, ...wanted, isClone: true }, host, 0);
    } catch (error) {
      if (error instanceof CodedError && error.code === 'host-full') return count;
      throw error;
    }
  }
  return crowd;
}

/** The first desktop boots, and the others are cloned from it: nobody is to come before that. */
async function templateIsThere(): Promise<void> {
  const pool = 'Berth 1';
  const states = async () =>
    (await broker.admin((admin) => admin.machines())).map(({ state }) => state);
  const look = { timeout: limitMs, interval: lookAgainMs };
  await broker.admin((admin) => admin.changePool({ pool, spares: 1 }));
  await expect.poll(states, look).toEqual(['running']);
  await broker.admin((admin) => admin.changePool({ pool, spares: 0 }));
  await expect.poll(states, look).toEqual([]);
  await expect.poll(() => broker.guests(), look).toEqual([]);
}

async function connect(desktopId: string): Promise<Outcome> {
  try {
    const session = await terminal.client.call('createSession', { body: { desktopId } });
    return await settled(session);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return { kind: 'refused', code: error.code, said: error.detail ?? '' };
  }
}

/** Follows a session until it runs or has failed. */
async function settled(first: Session): Promise<Outcome> {
  const session = await follow(first, ({ state }) => state !== 'starting');
  if (session.state === 'running') return { kind: 'running', session };
  const { problem } = session;
  return { kind: 'refused', code: problem?.code ?? session.state, said: problem?.detail ?? '' };
}

async function end(session: Session): Promise<void> {
  const ending = await terminal.client.call('endSession', { params: { id: session.id } });
  expect((await follow(ending, ({ state }) => state === 'ended')).problem).toBeNull();
}

/** Waits for each change in turn. */
async function follow(first: Session, isDone: (session: Session) => boolean): Promise<Session> {
  let session = first;
  while (!isDone(session)) {
    const { id, revision } = session;
    const query = { after: revision };
    session = await terminal.client.call('getSession', { params: { id }, query });
  }
  return session;
}

/** What the system has of this broker's machines, and the overlays on its images. */
async function held(machineIds: readonly string[]): Promise<Held & { disks: string[] }> {
  const { dataDir } = broker.folders;
  const disks = await readdir(dataDir, { recursive: true });
  return {
    ...(await heldBelow(dirname(dataDir), machineIds)),
    disks: disks.filter((name) => name.endsWith('.qcow2')),
  };
}
