import { readFile, readlink, statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { bytesOnDisk } from './disk-blocks.ts';
import type { Figures, GuestQuestion, GuestReading, HostReading } from './figures.ts';
import {
  type MemoryReading,
  type NetworkReading,
  parseNetDev,
  parseSmapsRollup,
} from './guest-text.ts';
import { ksmSaved, parseMemory, parsePressure, parseProcessorTime } from './host-text.ts';
import type { ProcessStat } from './process-stat.ts';
import { readProcesses, treeOf } from './process-tree.ts';

const ksm = '/sys/kernel/mm/ksm';

/** The kernel's own figures. `dataDir`: of whose disk; `proc`: where proc is mounted. */
export function linuxFigures(dataDir: string, proc = '/proc'): Figures {
  return {
    host: () => readHost(dataDir, proc),
    guests: (questions) => readGuests(questions, proc),
  };
}

async function readHost(dataDir: string, proc: string): Promise<HostReading> {
  const [stat, meminfo, pressure, run, profit, disk] = await Promise.all([
    readFile(`${proc}/stat`, 'utf8'),
    readFile(`${proc}/meminfo`, 'utf8'),
    textOrNone(`${proc}/pressure/memory`),
    textOrNone(`${ksm}/run`),
    textOrNone(`${ksm}/general_profit`),
    statfs(dataDir),
  ]);
  const memory = parseMemory(meminfo);
  return {
    cpuCount: availableParallelism(),
    processorTime: parseProcessorTime(stat),
    memoryBytes: memory.total,
    memoryAvailableBytes: memory.available,
    swapUsedBytes: memory.swapUsed,
    ksmSavedBytes: ksmSaved({ run, profit }),
    memoryPressure: parsePressure(pressure),
    diskBytes: disk.blocks * disk.bsize,
    diskAvailableBytes: disk.bavail * disk.bsize,
  };
}

async function readGuests(questions: readonly GuestQuestion[], proc: string) {
  const readings = new Map<string, GuestReading>();
  if (questions.length === 0) return readings;
  const [all, ownNetwork] = await Promise.all([readProcesses(proc), namespaceOf(proc, 'self')]);
  for (const { account, thorough } of questions) {
    const tree = treeOf(all, account.process);
    if (tree.length === 0) continue;
    readings.set(account.id, {
      cpuSeconds: tree.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
      network: await networkOf(tree, ownNetwork, proc),
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

/** Of the outermost network namespace that is not ours: what confines a guest stays in ours. */
async function networkOf(
  tree: readonly ProcessStat[],
  own: string,
  proc: string,
): Promise<NetworkReading> {
  for (const { pid } of tree) {
    const namespace = await namespaceOf(proc, pid);
    if (namespace !== '' && namespace !== own) {
      return parseNetDev(await textOrNone(`${proc}/${pid}/net/dev`));
    }
  }
  return { receivedBytes: 0, sentBytes: 0 };
}

function namespaceOf(proc: string, pid: number | 'self'): Promise<string> {
  return readlink(`${proc}/${pid}/ns/net`).catch(() => '');
}

/** Not every kernel has every file, and processes end. */
function textOrNone(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
