import { readFile } from 'node:fs/promises';
import { kilobytesIn } from './processes.ts';

type CpuTimes = { busy: number; all: number };

/** Share of the host that is in use while `work` is done: the larger of processors and memory. */
export async function hostUtilization(work: () => Promise<unknown>): Promise<number> {
  const before = await cpuTimes();
  await work();
  const after = await cpuTimes();
  const cpu = (after.busy - before.busy) / (after.all - before.all);
  return Math.max(cpu, await memoryShare());
}

/** All processors together, in ticks since the start of the host (/proc/stat, proc(5)). */
async function cpuTimes(): Promise<CpuTimes> {
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n');
  // user nice system idle iowait irq softirq steal; what guests take is in user already.
  const times = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const all = times.reduce((total, time) => total + time, 0);
  const [, , , idle = 0, waiting = 0] = times;
  return { busy: all - idle - waiting, all };
}

async function memoryShare(): Promise<number> {
  const info = await readFile('/proc/meminfo', 'utf8');
  return 1 - kilobytesIn(info, 'MemAvailable') / kilobytesIn(info, 'MemTotal');
}
