import { readdir, readFile } from 'node:fs/promises';
import { PNG } from 'pngjs';
import { expect } from 'vitest';
import type { MachineUsage } from '../../src/contract/host.ts';
import { readProcesses, treeOf } from '../../src/desktops/accounting/process-tree.ts';
import type { Machine } from '../../src/desktops/engine.ts';
import { procTable } from '../../src/desktops/process-table.ts';

/** What a script in the guest writes to its standard output. */
export async function sh(machine: Machine, script: string): Promise<string> {
  const { stdout } = await machine.agent().run(['/bin/sh', '-c', script]);
  return String(stdout);
}

export async function sizeOf(machine: Machine): Promise<{ width: number; height: number }> {
  const { width, height } = PNG.sync.read(await machine.picture());
  return { width, height };
}

/** What it uses, measured after this call. */
export async function usageOf(machine: Machine): Promise<MachineUsage> {
  const stale = machine.usage();
  const look = { timeout: 15_000, interval: 10 };
  await expect.poll(() => machine.usage() !== stale, look).toBe(true);
  return machine.usage() ?? expect.unreachable('it was measured');
}

/** Processors that were busy with it from one measurement to the next, by the clock of the test. */
export async function busyProcessorsOf(machine: Machine): Promise<number> {
  const { cpuSeconds: before } = await usageOf(machine);
  const since = performance.now();
  const { cpuSeconds } = await usageOf(machine);
  return (cpuSeconds - before) / ((performance.now() - since) / 1000);
}

/** Processes that say they are of this machine. */
export async function processesOf({ spec: { id } }: Machine): Promise<number[]> {
  const all = await procTable().all();
  return all.filter(({ argv }) => argv.some((arg) => arg.includes(id))).map(({ pid }) => pid);
}

/** All processes of a machine, whatever they say. */
export async function treeOfMachine(machine: Machine): Promise<number[]> {
  const all = await readProcesses();
  const named = new Set(await processesOf(machine));
  const roots = all.filter(({ pid, parent }) => named.has(pid) && !named.has(parent));
  return roots.flatMap((root) => treeOf(all, root).map(({ pid }) => pid));
}

/** The process of a machine with these arguments. */
export async function processOf(
  machine: Machine,
  isIt: (argv: readonly string[]) => boolean,
): Promise<number> {
  const tree = await treeOfMachine(machine);
  const found = (await procTable().all()).find(({ argv, pid }) => tree.includes(pid) && isIt(argv));
  return found?.pid ?? expect.unreachable('it runs');
}

export async function alive(pids: readonly number[]): Promise<number[]> {
  const found = await Promise.all(pids.map((pid) => procTable().find(pid)));
  return found.filter((entry) => entry !== null).map(({ pid }) => pid);
}

type Powers = { seccomp: string; capabilities: string; noNewPrivileges: string; uids: number[] };

/** What each thread of a process may do (proc_pid_status(5)): a filter is one thread's alone. */
export async function powersOf(pid: number): Promise<Powers[]> {
  const threads = await readdir(`/proc/${pid}/task`);
  return Promise.all(
    threads.map(async (thread) => {
      const status = await readFile(`/proc/${pid}/task/${thread}/status`, 'utf8');
      const value = (name: string) =>
        new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1] ??
        expect.unreachable(`${name} is there`);
      return {
        seccomp: value('Seccomp'),
        capabilities: value('CapEff'),
        noNewPrivileges: value('NoNewPrivs'),
        uids: value('Uid').split('\t').map(Number),
      };
    }),
  );
}
