import type { Controller } from './group-hierarchies.ts';
import type { LimitsOfMachine } from './limits.ts';

/** A file of a control group and what to write into it. `optional`: not every kernel has it. */
export type Setting = { file: string; text: string; optional?: true };

/** Within this time a guest may use its processors up; then it waits for the next. Microseconds. */
const periodUs = 100_000;

/** The kernel's files for the limits of one controller (cgroup-v1 and cgroup-v2 of its admin guide). */
export function settingsOf(
  controller: Controller,
  version: 1 | 2,
  { cpuWeight, cpus, memoryBytes, processes }: LimitsOfMachine,
): Setting[] {
  const quota = Math.round(cpus * periodUs);
  switch (controller) {
    case 'cpu':
      return version === 2
        ? [weightSetting(2, cpuWeight), { file: 'cpu.max', text: `${quota} ${periodUs}` }]
        : [
            weightSetting(1, cpuWeight),
            { file: 'cpu.cfs_period_us', text: `${periodUs}` },
            { file: 'cpu.cfs_quota_us', text: `${quota}` },
          ];
    case 'memory':
      return version === 2
        ? [
            { file: 'memory.max', text: `${memoryBytes ?? 'max'}` },
            // Of a host without swap the file may be missing.
            { file: 'memory.swap.max', text: '0', optional: true },
          ]
        : [
            // Memory and swap together, only where the kernel counts swap; never below memory alone.
            { file: 'memory.memsw.limit_in_bytes', text: '-1', optional: true },
            { file: 'memory.limit_in_bytes', text: `${memoryBytes ?? -1}` },
            { file: 'memory.memsw.limit_in_bytes', text: `${memoryBytes ?? -1}`, optional: true },
          ];
    case 'pids':
      return [{ file: 'pids.max', text: `${processes ?? 'max'}` }];
  }
}

/** Weights are beside others of 100, as those of version 2; the shares of version 1 beside 1024. */
export function weightSetting(version: 1 | 2, weight: number): Setting {
  if (version === 2) return { file: 'cpu.weight', text: `${Math.min(weight, 10_000)}` };
  const shares = Math.min(262_144, Math.max(2, Math.round((weight / 100) * 1024)));
  return { file: 'cpu.shares', text: `${shares}` };
}
