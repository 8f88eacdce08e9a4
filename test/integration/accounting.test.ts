import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../../src/contract/clock.ts';
import { hostUsageSchema } from '../../src/contract/host.ts';
import { defaultAdmissionPolicy } from '../../src/desktops/accounting/admission-policy.ts';
import { createAccountant, figuresHere } from '../../src/desktops/accounting/create-accountant.ts';
import { procTable } from '../../src/desktops/process-table.ts';
import { until } from '../fakes/until.ts';
import { scratchFolder } from '../unit/src/desktops/scratch.ts';
import { silentLog } from '../unit/src/desktops/silent-log.ts';

const MiB = 1024 ** 2;

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    const end = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null;
    child.kill('SIGKILL');
    await end;
  }
});

async function start(program: string, args: string[]) {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout, 'data');
  const entry = await procTable().find(child.pid ?? 0);
  if (entry === null) throw new Error(`${program} ended at once`);
  return { child, process: { pid: entry.pid, startTime: entry.startTime } };
}

async function accountantOn(dataDir: string) {
  return createAccountant({
    figures: figuresHere(dataDir),
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
    const { process: outermost } = await start('bash', ['-c', script]);
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

const canUnshare = process.platform === 'linux' && process.getuid?.() === 0;
if (!canUnshare)
  process.stdout.write('not tested here: networks of guests (needs root on Linux)\n');

it.runIf(canUnshare)(
  'counts the bytes of a network of its own, and none of the host’s',
  async () => {
    const script = `
    const net = require('node:net');
    const server = net.createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1', () => {
      const client = net.connect(server.address().port, '127.0.0.1');
      client.end(Buffer.alloc(${MiB}));
      client.resume().on('close', () => console.log('done'));
    });`;
    const node = [process.execPath, '-e', script];
    const up = ['bash', '-c', 'ip link set lo up && exec "$@"', 'bash'];
    const own = await start('unshare', ['--net', '--fork', '--kill-child', ...up, ...node]);
    const shared = await start(process.execPath, ['-e', script]);
    const accountant = await accountantOn(await scratchFolder());
    try {
      accountant.watch({ id: 'own', process: own.process, files: [] });
      accountant.watch({ id: 'shared', process: shared.process, files: [] });
      await accountant.look();
      expect(accountant.usageOf('own')?.receivedBytes).toBeGreaterThan(2 * MiB);
      expect(accountant.usageOf('own')?.sentBytes).toBeLessThan(3 * MiB);
      expect(accountant.usageOf('shared')).toMatchObject({ receivedBytes: 0, sentBytes: 0 });
    } finally {
      await accountant.dispose();
    }
  },
);

it.runIf(process.platform === 'linux')('takes little time to look', async () => {
  const { process: outermost } = await start('bash', ['-c', 'echo ready; read forever']);
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
