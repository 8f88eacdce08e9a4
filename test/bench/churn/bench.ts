import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createProgress } from '../../../src/setup/progress.mjs';
import { until } from '../../fakes/until.ts';
import { BenchDesktops } from '../desktops/bench-desktops.ts';
import { connect, end } from '../desktops/desktop-user.ts';
import { brokerProcess, kilobytesIn } from '../desktops/processes.ts';
import { waitForTemplate } from '../desktops/template-wait.ts';
import { rounded } from '../statistics.ts';
import { type Holdings, holdingsOf } from './holdings.ts';
import { slopeOf } from './slope.ts';

/** What is left of desktops that were made, seen and destroyed one after the other. */
export type ChurnResult = {
  cycles: number;
  engine: string;
  /** By which the memory of the broker's process grew with each, after the warm-up. */
  rssSlopeKbPerCycle: number;
  /** Of the broker's process at the end. */
  rssMb: number;
  /** More than before the first of them, each. */
  leakedProcesses: number;
  leakedFiles: number;
  leakedSockets: number;
};

type Size = { cycles: number; engine: 'para' | 'os-level' };

const warmUpCycles = 5;
/** Of all cycles, those that are left out of the slope: caches fill and code is compiled. */
const warmUpShare = 0.2;
const settleLimitMs = 15_000;

/** `--cycles`, with clones or with `--engine os-level`. */
export async function benchChurn(args: readonly string[]): Promise<ChurnResult> {
  const size = sizeOf(args);
  const desktops = await BenchDesktops.open(1);
  try {
    return await measure(desktops, size);
  } finally {
    await desktops.dispose();
  }
}

async function measure(desktops: BenchDesktops, { cycles, engine }: Size): Promise<ChurnResult> {
  const progress = createProgress({ output: process.stderr, now: Date.now });
  const { folders } = desktops.broker;
  const pool = { name: 'Churn', engine, instantClones: true, spares: 0 };
  const poolId = await desktops.addPool(pool);
  if (engine === 'para') await waitForTemplate(desktops, poolId);
  for (let cycle = 0; cycle < warmUpCycles; cycle += 1) await comeAndGo(desktops, poolId);

  const before = await holdingsOf(folders);
  const rss: number[] = [];
  const bar = progress.begin(`${cycles} desktops`);
  while (rss.length < cycles) {
    await comeAndGo(desktops, poolId);
    rss.push(await rssOf(folders));
    bar.update(rss.length / cycles);
  }
  bar.done();
  const left = await leftOver(before, () => holdingsOf(folders));
  return {
    cycles,
    engine,
    rssSlopeKbPerCycle: rounded(slopeOf(rss.slice(Math.floor(cycles * warmUpShare))) / 1024, 2),
    rssMb: rounded((rss.at(-1) ?? 0) / 1024 ** 2),
    leakedProcesses: left.processes,
    leakedFiles: left.files,
    leakedSockets: left.sockets,
  };
}

async function comeAndGo({ user }: BenchDesktops, poolId: string): Promise<void> {
  await end(user, await connect(user, poolId));
}

/** What is there and was not before, after as long as it may take the last of it to go. */
async function leftOver(before: Holdings, look: () => Promise<Holdings>): Promise<Holdings> {
  let left = before;
  const none = async (): Promise<boolean> => {
    const now = await look();
    left = {
      processes: Math.max(0, now.processes - before.processes),
      files: Math.max(0, now.files - before.files),
      sockets: Math.max(0, now.sockets - before.sockets),
    };
    return left.processes + left.files + left.sockets === 0;
  };
  // What is still there then is the result, and no fault of the bench.
  await until('nothing is left', none, settleLimitMs).catch(() => undefined);
  return left;
}

async function rssOf(folders: { dataDir: string }): Promise<number> {
  const status = await readFile(`/proc/${await brokerProcess(folders)}/status`, 'utf8');
  return kilobytesIn(status, 'VmRSS');
}

function sizeOf(args: readonly string[]): Size {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cycles: { type: 'string', default: '500' },
      engine: { type: 'string', default: 'para' },
    },
  });
  const cycles = Number(values.cycles);
  if (!Number.isInteger(cycles) || cycles < 10) throw new Error('--cycles is 10 or more');
  const { engine } = values;
  if (engine !== 'para' && engine !== 'os-level') throw new Error('--engine is para or os-level');
  return { cycles, engine };
}
