import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { Session } from '../../../src/contract/session.ts';
import { runSuccessfully } from '../../../src/desktops/command.ts';
import { machinePaths } from '../../../src/desktops/qemu/machine-paths.ts';
import { requestStream } from '../../../src/terminal/session-calls.ts';
import { TestBroker } from '../../harness/broker.ts';
import { HeadlessTerminal } from '../../harness/client.ts';
import { openTypewriter, startOnDesktop } from '../../harness/guest-screen.ts';
import { addHarbour } from '../../harness/journey.ts';
import { median, percentile, rounded } from '../statistics.ts';
import {
  BenchBrowser,
  measureKeyToPixel,
  measureRates,
  type Rates,
  type StreamAddress,
} from './browser.ts';
import { createCertificate } from './certificate.ts';
import { type LinkFigures, type LinkMeasure, letters } from './link-figures.ts';
import { startWebsockify } from './websockify.ts';

type Summary = {
  fps: number;
  bytesPerSecond: number;
  keyToPixelP50Ms: number;
  keyToPixelP99Ms: number;
};

/** The summary is that of our gateway. */
export type GuestResult = Summary & {
  engine: string;
  accelerator: string | null;
  websockify: Summary;
  /** Frames per second by round trip in milliseconds, and for a client that is not accelerated. */
  fpsAtRtt: Record<string, number>;
  fpsAtRttPlain: Record<string, number>;
  /** Medians of key to pixel in milliseconds, as above. */
  keyToPixelMsAtRtt: Record<string, number>;
  keyToPixelMsAtRttPlain: Record<string, number>;
  /** `netem`: the kernel delays packets; `relay`: the kernel has no netem and a relay delays. */
  delayBy: 'netem' | 'relay';
};

const user = { username: 'bench', displayName: 'Bench', password: 'only for this bench' };
const typewriter = { at: { x: 60, y: 120 }, file: '/tmp/typed' };
const animation = '/usr/lib/porthole/animate';

/** How often each side is measured, and how many keys are pressed each time. */
export type GuestCounts = { turns: number; keys: number };
const roundTripsMs = [0, 20, 40, 100];

/** A real guest, seen through our gateway and through websockify with the same page. */
export async function benchGuest(counts: GuestCounts): Promise<GuestResult> {
  const browser = await BenchBrowser.open();
  const broker = await TestBroker.start({ streamOrigins: [browser.origin] });
  try {
    await addHarbour(broker, [user]);
    const terminal = await HeadlessTerminal.enroll(broker);
    await terminal.signIn(user);
    const session = await terminal.startSession();
    return await measure({ browser, broker, terminal, session, counts });
  } finally {
    await broker.dispose();
    await browser.dispose();
  }
}

type Scene = {
  browser: BenchBrowser;
  broker: TestBroker;
  terminal: HeadlessTerminal;
  session: Session;
  counts: GuestCounts;
};

async function measure(scene: Scene): Promise<GuestResult> {
  const { browser, broker, terminal, session, counts } = scene;
  const rfbSocket = machinePaths(broker.folders, await broker.machineOf(session.id)).rfb;
  const certificate = await createCertificate();
  const websockify = await startWebsockify(rfbSocket, certificate);
  const theirs = async () => ({ url: `wss://127.0.0.1:${websockify.port}`, protocols: ['binary'] });
  const ours = () => ticketFor(terminal, session);
  try {
    await broker.inGuest(session.id, (guest) => openTypewriter(guest, typewriter));
    const keys = await inTurns(counts.turns, { ours, theirs }, (address) =>
      browser.watch(address, (page) => measureKeyToPixel(page, letters, counts.keys)),
    );
    const delayBy = hasNetem() ? 'netem' : 'relay';
    const link = { rfbSocket, delayBy, keys: counts.keys } as const;
    const keysOverLink = await atRoundTrips(link, 'keys');
    await broker.inGuest(session.id, (guest) => startOnDesktop(guest, animation));
    const rates = await inTurns(counts.turns, { ours, theirs }, (address) =>
      browser.watch(address, measureRates),
    );
    const framesOverLink = await atRoundTrips(link, 'frames');
    return {
      engine: session.desktop.engine,
      accelerator: session.accelerator,
      ...summaryOf(rates.ours, keys.ours),
      websockify: summaryOf(rates.theirs, keys.theirs),
      fpsAtRtt: framesOverLink.accelerated,
      fpsAtRttPlain: framesOverLink.plain,
      keyToPixelMsAtRtt: keysOverLink.accelerated,
      keyToPixelMsAtRttPlain: keysOverLink.plain,
      delayBy,
    };
  } finally {
    await websockify.dispose();
    await certificate.dispose();
  }
}

type Sides<T> = { ours: T; theirs: T };

/** One after the other, so that neither has the quieter machine or the warmer guest. */
async function inTurns<T>(
  turns: number,
  addresses: Sides<() => Promise<StreamAddress>>,
  measure: (address: StreamAddress) => Promise<T>,
): Promise<Sides<T[]>> {
  const results: Sides<T[]> = { ours: [], theirs: [] };
  for (let turn = 0; turn < turns; turn += 1) {
    results.ours.push(await measure(await addresses.ours()));
    results.theirs.push(await measure(await addresses.theirs()));
  }
  return results;
}

function summaryOf(rates: Rates[], keys: number[][]): Summary {
  return {
    fps: median(rates.map(({ fps }) => fps)),
    bytesPerSecond: median(rates.map(({ bytesPerSecond }) => bytesPerSecond)),
    keyToPixelP50Ms: rounded(percentile(keys.flat(), 0.5)),
    keyToPixelP99Ms: rounded(percentile(keys.flat(), 0.99)),
  };
}

async function ticketFor({ client }: HeadlessTerminal, { id }: Session): Promise<StreamAddress> {
  return requestStream(client, id, 'screen-1', new AbortController().signal);
}

type Link = { rfbSocket: string; delayBy: 'netem' | 'relay'; keys: number };

async function atRoundTrips({ rfbSocket, delayBy, keys }: Link, measure: LinkMeasure) {
  const script = path.join(import.meta.dirname, 'over-link.ts');
  const accelerated: Record<string, number> = {};
  const plain: Record<string, number> = {};
  for (const ms of roundTripsMs) {
    const args = [script, rfbSocket, String(ms), delayBy, measure, String(keys)];
    const stdout =
      delayBy === 'netem'
        ? await runSuccessfully('unshare', ['--net', process.execPath, ...args])
        : await runSuccessfully(process.execPath, args);
    const figures = JSON.parse(stdout) as LinkFigures; // what the script prints
    accelerated[ms] = rounded(figures.accelerated);
    plain[ms] = rounded(figures.plain);
  }
  return { accelerated, plain };
}

/** Whether this kernel delays packets, tried in a network namespace that goes with the try. */
function hasNetem(): boolean {
  const tries = 'ip link set lo up && tc qdisc add dev lo root netem delay 1ms';
  return spawnSync('unshare', ['--net', 'sh', '-c', tries], { stdio: 'ignore' }).status === 0;
}
