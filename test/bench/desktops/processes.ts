import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { machinesFolder } from '../../../src/desktops/qemu/machine-paths.ts';

/** What the guests of one broker take, by the kernel's own figures. */
export type GuestFigures = {
  /** Id of the machine. */
  id: string;
  /** Proportional set size of all its processes (smaps_rollup of proc(5)), in bytes. */
  pssBytes: number;
  /** Processor time of all its processes so far, in seconds. */
  cpuSeconds: number;
  /** It did not boot: it goes on from a memory that was there. */
  isClone: boolean;
};

type Process = { pid: number; parent: number; commandLine: string; cpuSeconds: number };

/** USER_HZ, which is 100 on all of Linux. */
const ticksPerSecond = 100;

/** A machine is all processes that name its folder, and all that these have started. */
export async function guestFigures({ dataDir }: { dataDir: string }): Promise<GuestFigures[]> {
  const processes = await allProcesses();
  const machines = Map.groupBy(processes.values(), (one) => machineOf(one, processes, dataDir));
  machines.delete(null);
  return Promise.all(
    [...machines].map(async ([id, members]) => ({
      id: id ?? '',
      pssBytes: sum(await Promise.all(members.map(({ pid }) => pssOf(pid)))),
      cpuSeconds: sum(members.map(({ cpuSeconds }) => cpuSeconds)),
      isClone: members.some(({ commandLine }) => commandLine.includes('\0-incoming\0')),
    })),
  );
}

/**
 * What the memory of all templates takes (memfd_create(2)), in bytes. No guest's PSS has the part of
 * it that no clone has touched.
 */
export async function templateBytes(folders: { dataDir: string }): Promise<number> {
  const folder = `/proc/${await brokerProcess(folders)}/fd`;
  const sizes = (await readdir(folder)).map(async (name) => {
    const file = `${folder}/${name}`;
    const target = await readlink(file).catch(() => '');
    return target.includes('memfd:porthole-template') ? (await stat(file)).blocks * 512 : 0;
  });
  return sum(await Promise.all(sizes));
}

/** The process of the broker that has this data folder. */
export async function brokerProcess({ dataDir }: { dataDir: string }): Promise<number> {
  const config = dataDir.replace(/data$/, 'broker.json');
  for (const { pid, commandLine } of (await allProcesses()).values()) {
    if (commandLine.includes('broker/main.ts') && commandLine.includes(config)) return pid;
  }
  throw new Error('the broker does not run');
}

/** Processes that name a folder of the broker, with all that they have started; not the broker. */
export async function processesOf(folders: { dataDir: string; runtimeDir: string }) {
  const processes = await allProcesses();
  const broker = await brokerProcess(folders);
  return [...processes.values()].filter((one) => {
    const line = ancestry(one, processes).filter(({ pid }) => pid !== broker);
    return line.some(({ commandLine }) =>
      [folders.dataDir, folders.runtimeDir].some((folder) => commandLine.includes(folder)),
    );
  });
}

/** The value of a line of a file such as /proc/PID/status, in bytes. */
export function kilobytesIn(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
}

function machineOf(one: Process, all: Map<number, Process>, dataDir: string): string | null {
  const folder = `${machinesFolder(dataDir)}/`;
  for (const { commandLine } of ancestry(one, all)) {
    const at = commandLine.indexOf(folder);
    if (at !== -1) return commandLine.slice(at + folder.length).slice(0, 36);
  }
  return null;
}

/** It and its parents, up to the first that is not there. */
function ancestry(one: Process, all: Map<number, Process>): Process[] {
  const line: Process[] = [];
  for (let at: Process | undefined = one; at !== undefined; at = all.get(at.parent)) line.push(at);
  return line;
}

async function allProcesses(): Promise<Map<number, Process>> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(readProcess));
  return new Map(found.filter((one) => one !== null).map((one) => [one.pid, one]));
}

async function readProcess(pid: number): Promise<Process | null> {
  try {
    const [stat, commandLine] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    // The name of the program, in parentheses, may hold anything; fields count from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { pid, parent: Number(fields[1]), commandLine, cpuSeconds: ticks / ticksPerSecond };
  } catch {
    return null; // It has ended since.
  }
}

async function pssOf(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return kilobytesIn(rollup, 'Pss');
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
