import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { bytesOnDisk } from './disk-blocks.ts';
import type { Figures, GuestQuestion, GuestReading, HostReading, TrafficOf } from './figures.ts';
import { type MemoryReading, parseSmapsRollup } from './guest-text.ts';
import { ksmSaved, parseMemory, parsePressure, parseProcessorTime } from './host-text.ts';
import { parsePageSize } from './page-size.ts';
import type { ProcessStat } from './process-stat.ts';
import { readProcesses, treeOf } from './process-tree.ts';

const ksm = '/sys/kernel/mm/ksm';

/** The kernel's own figures. `dataDir`: of whose disk; `proc`: where proc is mounted. */
export function linuxFigures(dataDir: string, trafficOf: TrafficOf, proc = '/proc'): Figures {
  return {
    host: () => readHost(dataDir, proc),
    guests: (questions) => readGuests(questions, trafficOf, proc),
  };
}

async function readHost(dataDir: string, proc: string): Promise<HostReading> {
  const [stat, meminfo, pressure, ksmSavedBytes, disk] = await Promise.all([
    readFile(`${proc}/stat`, 'utf8'),
    readFile(`${proc}/meminfo`, 'utf8'),
    textOrNone(`${proc}/pressure/memory`),
    readKsm(proc),
    statfs(dataDir),
  ]);
  const memory = parseMemory(meminfo);
  return {
    cpuCount: availableParallelism(),
    processorTime: parseProcessorTime(stat),
    memoryBytes: memory.total,
    memoryAvailableBytes: memory.available,
    swapUsedBytes: memory.swapUsed,
    ksmSavedBytes,
    memoryPressure: parsePressure(pressure),
    diskBytes: disk.blocks * disk.bsize,
    diskAvailableBytes: disk.bavail * disk.bsize,
  };
}

async function readKsm(proc: string): Promise<number | null> {
  const [run, profit, sharing, auxv] = await Promise.all([
    textOrNone(`${ksm}/run`),
    textOrNone(`${ksm}/general_profit`),
    textOrNone(`${ksm}/pages_sharing`),
    readFile(`${proc}/self/auxv`).catch(() => Buffer.alloc(0)),
  ]);
  return ksmSaved({ run, profit, sharing, pageBytes: parsePageSize(auxv) });
}

async function readGuests(questions: readonly GuestQuestion[], trafficOf: TrafficOf, proc: string) {
  const readings = new Map<string, GuestReading>();
  if (questions.length === 0) return readings;
  const all = await readProcesses(proc);
  for (const { account, thorough } of questions) {
    const tree = treeOf(all, account.process);
    if (tree.length === 0) continue;
    readings.set(account.id, {
      cpuSeconds: tree.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
      traffic: trafficOf(account.id),
      held: thorough
        ? { ...(await memoryOf(tree, proc)), diskBytes: await bytesOnDisk(account.files) }
        : null,
    });
  }
  return readings;
}

async function memoryOf(tree: readonly ProcessStat[], proc: string): Promise<MemoryReading> {
  const sum = { pssBytes: 0, privateBytes: 0 };
  for (const { pid } of tree) {
    // Nothing of a process that ended meanwhile, nor of one that we may not trace.
    const { pssBytes, privateBytes } = parseSmapsRollup(
      await textOrNone(`${proc}/${pid}/smaps_rollup`),
    );
    sum.pssBytes += pssBytes;
    sum.privateBytes += privateBytes;
  }
  return sum;
}

/** Not every kernel has every file, and processes end. */
function textOrNone(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
