import { statfs } from 'node:fs/promises';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import type { Figures } from './figures.ts';

/** What Node knows of a host that is not Linux; nothing of its guests. */
export function portableFigures(dataDir: string): Figures {
  return {
    async host() {
      const disk = await statfs(dataDir);
      return {
        cpuCount: availableParallelism(),
        processorTime: processorTime(),
        memoryBytes: totalmem(),
        memoryAvailableBytes: freemem(),
        swapUsedBytes: 0,
        ksmSavedBytes: null,
        memoryPressure: null,
        diskBytes: disk.blocks * disk.bsize,
        diskAvailableBytes: disk.bavail * disk.bsize,
      };
    },
    guests: async () => new Map(),
  };
}

function processorTime() {
  const sum = { busy: 0, total: 0 };
  for (const { times } of cpus()) {
    const total = Object.values(times).reduce((all, time) => all + time, 0);
    sum.total += total;
    sum.busy += total - times.idle;
  }
  return sum;
}
