import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { Session } from '../../../src/contract/session.ts';
import { streamProtocol, ticketProtocolPrefix } from '../../../src/contract/stream.ts';
import { machinePaths } from '../../../src/desktops/qemu/machine-paths.ts';
import { runSuccessfully } from '../../../src/setup/command.ts';
import { TestBroker } from '../../harness/broker.ts';
import { type SignedIn, signIn, startSession } from '../../harness/client.ts';
import { openTypewriter, startOnDesktop } from '../../harness/guest-screen.ts';
import { BenchBrowser, measureKeyToPixel, measureRates, type StreamAddress } from './browser.ts';
import { startWebsockify } from './websockify.ts';

export type GuestResult = {
  engine: string;
  accelerator: string | null;
  fps: number;
  bytesPerSecond: number;
  keyToPixelP50Ms: number;
  keyToPixelP99Ms: number;
  websockify: {
    fps: number;
    bytesPerSecond: number;
    keyToPixelP50Ms: number;
    keyToPixelP99Ms: number;
  };
  /** Frames per second by round trip in milliseconds. */
  fpsAtRtt: Record<string, number>;
  /** `netem`: the kernel delays packets; `relay`: the kernel has no netem and a relay delays. */
  delayBy: 'netem' | 'relay';
};

const user = { username: 'bench', displayName: 'Bench', password: 'only for this bench' };
const typewriter = { at: { x: 60, y: 120 }, file: '/tmp/typed' };
/** Where the letters appear in the guest's terminal. */
const area = { x: 60, y: 120, width: 480, height: 240 };
const animation = '/usr/lib/porthole/animate';
const keys = 100;
const roundTripsMs = [0, 20, 40, 100];

/** A real guest, seen through our gateway and through websockify with the same page. */
export async function benchGuest(): Promise<GuestResult> {
  const browser = await BenchBrowser.open();
  const broker = await TestBroker.start({ streamOrigins: [browser.origin] });
  try {
    await prepare(broker);
    const signed = await signIn(broker, user);
    const session = await startSession(signed);
    return await measure({ browser, broker, signed, session });
  } finally {
    await broker.dispose();
    await browser.dispose();
  }
}

type Scene = { browser: BenchBrowser; broker: TestBroker; signed: SignedIn; session: Session };

async function measure({ browser, broker, signed, session }: Scene): Promise<GuestResult> {
  const rfbSocket = machinePaths(broker.folders, session.id).rfb;
  const websockify = await startWebsockify(rfbSocket);
  const theirs = { url: `ws://127.0.0.1:${websockify.port}`, protocols: ['binary'] };
  const ours = (): Promise<StreamAddress> => ticketFor(broker, signed, session);
  try {
    await broker.inGuest(session.id, (guest) => openTypewriter(guest, typewriter));
    const typing = (address: StreamAddress) =>
      browser.watch(address, (page) => measureKeyToPixel(page, area, keys));
    const ourKeys = await typing(await ours());
    const theirKeys = await typing(theirs);

    await broker.inGuest(session.id, (guest) => startOnDesktop(guest, animation));
    const ourRates = await browser.watch(await ours(), measureRates);
    const theirRates = await browser.watch(theirs, measureRates);
    const delayBy = hasNetem() ? 'netem' : 'relay';
    return {
      engine: session.desktop.engine,
      accelerator: session.accelerator,
      ...ourRates,
      keyToPixelP50Ms: ourKeys.p50,
      keyToPixelP99Ms: ourKeys.p99,
      websockify: {
        ...theirRates,
        keyToPixelP50Ms: theirKeys.p50,
        keyToPixelP99Ms: theirKeys.p99,
      },
      fpsAtRtt: await fpsAtRoundTrips(rfbSocket, delayBy),
      delayBy,
    };
  } finally {
    await websockify.dispose();
  }
}

async function prepare(broker: TestBroker): Promise<void> {
  await broker.admin(async (admin) => {
    await admin.addUser(user);
    await admin.addDesktop({
      name: 'Bench',
      image: 'porthole-desktop',
      engine: 'para',
      memoryMb: 384,
      cpus: 1,
      users: [user.username],
    });
  });
}

async function ticketFor(
  broker: TestBroker,
  { client, ...signed }: SignedIn,
  { id }: Session,
): Promise<StreamAddress> {
  const { ticket, path: where } = await client.call('createTicket', { ...signed, params: { id } });
  const url = new URL(where, broker.url.replace(/^http/, 'ws')).href;
  return { url, protocols: [streamProtocol, `${ticketProtocolPrefix}${ticket}`] };
}

async function fpsAtRoundTrips(
  rfbSocket: string,
  delayBy: 'netem' | 'relay',
): Promise<Record<string, number>> {
  const script = path.join(import.meta.dirname, 'fps-over-link.ts');
  const result: Record<string, number> = {};
  for (const ms of roundTripsMs) {
    const node = [process.execPath, script, rfbSocket, String(ms), delayBy];
    const command = delayBy === 'netem' ? ['unshare', '--net', ...node] : node;
    const [program = '', ...args] = command;
    const stdout = await runSuccessfully(program, args);
    result[ms] = JSON.parse(stdout).fps;
  }
  return result;
}

/** Whether this kernel delays packets, tried in a network namespace that goes with the try. */
function hasNetem(): boolean {
  const tries = 'ip link set lo up && tc qdisc add dev lo root netem delay 1ms';
  return spawnSync('unshare', ['--net', 'sh', '-c', tries], { stdio: 'ignore' }).status === 0;
}
