import type { HostUsage } from '../../contract/host.ts';
import type { HostSampleTable } from '../store/schema.ts';

type Sample = Omit<HostSampleTable, 'at'>;

/** Averages over the looks since they were last taken. */
export type Averages = {
  add(usage: Pick<HostUsage, 'cpuUtilization' | 'memoryUtilization' | 'machines'>): void;
  /** Null where there was no look. */
  take(): Sample | null;
};

export function createAverages(): Averages {
  let looks = 0;
  let cpu = 0;
  let memory = 0;
  let machines = 0;
  return {
    add: (usage) => {
      looks += 1;
      cpu += usage.cpuUtilization;
      memory += usage.memoryUtilization;
      machines += usage.machines;
    },
    take: () => {
      if (looks === 0) return null;
      const sample = {
        cpu_utilization: cpu / looks,
        memory_utilization: memory / looks,
        machines: Math.round(machines / looks),
      };
      looks = cpu = memory = machines = 0;
      return sample;
    },
  };
}
