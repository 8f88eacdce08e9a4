import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/contract/clock.ts';
import { hostUsageSchema } from '../../src/contract/host.ts';
import { defaultAdmissionPolicy } from '../../src/desktops/accounting/admission-policy.ts';
import { createAccountant, figuresHere } from '../../src/desktops/accounting/create-accountant.ts';
import type { TrafficOf } from '../../src/desktops/accounting/figures.ts';
import { createNetworks } from '../../src/desktops/network/create-networks.ts';
import { type ProcessIdentity, procTable } from '../../src/desktops/process-table.ts';
import { until } from '../fakes/until.ts';
import { scratchFolder } from '../unit/src/desktops/scratch.ts';
import { silentLog } from '../unit/src/desktops/silent-log.ts';
import { ConfinedPlace } from './confined-place.ts';

const MiB = 1024 ** 2;
const noTraffic = { receivedBytes: 0, sentBytes: 0 };

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    const end = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null;
    child.kill('SIGKILL');
    await end;
  }
});

async function start(program: string, args: string[]) {
  return firstWordOf(spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] }));
}

/** The process, as soon as it has said something. */
async function firstWordOf(child: ChildProcess): Promise<ProcessIdentity> {
  children.push(child);
  if (child.stdout === null) throw new Error('there is a pipe');
  await once(child.stdout, 'data');
  const entry = await procTable().find(child.pid ?? 0);
  if (entry === null) throw new Error('it ended at once');
  return { pid: entry.pid, startTime: entry.startTime };
}

async function accountantOn(dataDir: string, trafficOf: TrafficOf = () => noTraffic) {
  return createAccountant({
    figures: figuresHere(dataDir, trafficOf),
    policy: defaultAdmissionPolicy,
    accelerator: 'tcg',
    limits: { cpu: '', memory: '', processes: '' },
    clock: systemClock,
    log: silentLog,
  });
}

it.runIf(process.platform === 'linux')(
  'measures a whole tree by the kernel: time also of children that ended, memory, files',
  async () => {
    const folder = await scratchFolder();
    mkdirSync(join(folder, 'own/inner'), { recursive: true });
    writeFileSync(join(folder, 'own/inner/disk'), Buffer.alloc(3 * MiB, 1));
    // A shell whose child works until it is told to end, beside one that holds memory.
    const script = `node -e "
      const held = Buffer.alloc(${64 * MiB}, 1);
      console.log('ready');
      let used = 0;
      while (used < 300_000) {
        const { user, system } = process.cpuUsage();
        used = user + system;
      }
      held[0] += 1;
    "; read forever`;
    const outermost = await start('bash', ['-c', script]);
    const accountant = await accountantOn(folder);
    try {
      accountant.watch({ id: 'a', process: outermost, files: [join(folder, 'own')] });
      await accountant.look();
      const first = accountant.usageOf('a');
      expect(first?.privateBytes).toBeGreaterThan(64 * MiB);
      expect(first?.pssBytes).toBeGreaterThanOrEqual(first?.privateBytes ?? 0);
      expect(first?.diskBytes).toBeGreaterThanOrEqual(3 * MiB);
      expect(first?.diskBytes).toBeLessThan(4 * MiB);
      await until(
        'the child is over and waited for',
        async () => {
          await accountant.look();
          return (accountant.usageOf('a')?.privateBytes ?? 0) < 32 * MiB;
        },
        60_000,
      );
      expect(accountant.usageOf('a')?.cpuSeconds).toBeGreaterThan(0.25);
      const host = hostUsageSchema.parse(accountant.host());
      expect(host.memoryBytes).toBeGreaterThan(host.memoryAvailableBytes);
      expect(host.machines).toBe(1);
    } finally {
      await accountant.dispose();
    }
  },
);

/** A guest's way out, to a server that answers a GET with a mebibyte and anything else with nothing. */
async function wayOut(id: string, socket: string) {
  const server = createServer((request, response) => {
    const answer = request.method === 'GET' ? Buffer.alloc(MiB) : '';
    request.resume().once('end', () => response.end(answer));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('it listens');
  const destination = `127.0.0.1:${address.port}`;
  const networks = createNetworks({
    clock: systemClock,
    log: silentLog,
    onRefused: () => undefined,
  });
  onTestFinished(async () => {
    await networks.dispose();
    server.close();
  });
  await networks.open(id, { kind: 'allowed', destinations: [destination] }, socket);
  return { networks, destination };
}

/** The bytes of a message, and those of its headers and frames. */
function expectAbout(measured: number | undefined, bytes: number): void {
  expect(measured).toBeGreaterThan(bytes);
  expect(measured).toBeLessThan(bytes + 16 * 1024);
}

it.runIf(process.platform === 'linux')(
  'counts what a confined guest downloads as received, and what it uploads as sent',
  async () => {
    const place = new ConfinedPlace(await scratchFolder(), process.getuid?.() ?? 0);
    const reach = await place.reach('guest');
    const proxySocket = join(reach.writable[0] ?? '', 'proxy');
    const { networks, destination } = await wayOut('guest', proxySocket);
    const accountant = await accountantOn(place.folder, networks.trafficOf);
    onTestFinished(() => accountant.dispose());
    /** What was measured when a process of the guest has done so. */
    const usageAfter = async (script: string) => {
      const all = `export http_proxy=http://127.0.0.1:3128; ${script}; echo done; exec sleep 600`;
      const process = await firstWordOf(await place.start(all, { ...reach, proxySocket }));
      accountant.watch({ id: 'guest', process, files: [] });
      await accountant.look();
      return accountant.usageOf('guest');
    };
    const download = `curl -sS -o /dev/null http://${destination}/`;
    const afterDownloads = await usageAfter(`${download}; ${download} -p`);
    expectAbout(afterDownloads?.receivedBytes, 2 * MiB);
    expectAbout(afterDownloads?.sentBytes, 0);
    const upload = `head -c ${MiB} /dev/zero | curl -sS -T - http://${destination}/`;
    const afterUpload = await usageAfter(upload);
    expectAbout(afterUpload?.receivedBytes, 2 * MiB);
    expectAbout(afterUpload?.sentBytes, MiB);
  },
);

it('counts what goes through a tunnel while it is open', async () => {
  const socket = join(await scratchFolder(), 'proxy');
  const { networks, destination } = await wayOut('guest', socket);
  const tunnel = connect(socket);
  onTestFinished(() => void tunnel.destroy());
  tunnel.write(`CONNECT ${destination} HTTP/1.1\r\nHost: x\r\n\r\n`);
  tunnel.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  let received = 0;
  tunnel.on('data', (part) => {
    received += part.length;
  });
  await until('all of it came', () => received > MiB);
  const traffic = networks.trafficOf('guest');
  expectAbout(traffic.receivedBytes, MiB);
  expectAbout(traffic.sentBytes, 0);
  expect(networks.trafficOf('another')).toEqual({ receivedBytes: 0, sentBytes: 0 });
});

it.runIf(process.platform === 'linux')('takes little time to look', async () => {
  const outermost = await start('bash', ['-c', 'echo ready; read forever']);
  const accountant = await accountantOn(await scratchFolder());
  try {
    for (let n = 0; n < 50; n += 1) {
      accountant.watch({ id: `${n}`, process: outermost, files: [] });
    }
    const used = process.cpuUsage();
    for (let n = 0; n < 10; n += 1) await accountant.look();
    const { user, system } = process.cpuUsage(used);
    const perLookMs = (user + system) / 1000 / 10;
    process.stdout.write(`a thorough look at 50 guests: ${perLookMs.toFixed(1)} ms of CPU\n`);
    // A twentieth of one processor, were each look a thorough one.
    expect(perLookMs).toBeLessThan(100);
  } finally {
    await accountant.dispose();
  }
});
