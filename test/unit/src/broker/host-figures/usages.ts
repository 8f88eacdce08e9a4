import type { HostUsage, MachineUsage } from '../../../../../src/contract/host.ts';

const gib = 1024 ** 3;

export function hostUsage(part: Partial<HostUsage> = {}): HostUsage {
  return {
    at: '2026-01-01T00:00:00.000Z',
    accelerator: 'tcg',
    cpuCount: 2,
    cpuUtilization: 0.3,
    memoryBytes: 8 * gib,
    memoryAvailableBytes: 2 * gib,
    memoryUtilization: 0.75,
    swapUsedBytes: 0,
    ksmSavedBytes: null,
    memoryPressure: null,
    diskBytes: 100 * gib,
    diskAvailableBytes: 60 * gib,
    machines: 1,
    committedBytes: 4 * gib,
    utilization: 0.75,
    limits: { cpu: 'by cgroups', memory: 'by cgroups', processes: 'not limited' },
    ...part,
  };
}

export function machineUsage(part: Partial<MachineUsage> = {}): MachineUsage {
  return {
    cpuSeconds: 12.5,
    cpus: 0.25,
    pssBytes: 47 * 1024 ** 2,
    privateBytes: 40 * 1024 ** 2,
    diskBytes: 3 * 1024 ** 2,
    receivedBytes: 0,
    sentBytes: 0,
    ...part,
  };
}
