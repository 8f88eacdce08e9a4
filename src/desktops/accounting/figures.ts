import type { Traffic } from '../network/traffic.ts';
import type { Account } from './accountant.ts';
import type { MemoryReading } from './guest-text.ts';
import type { ProcessorTime } from './host-text.ts';

/** One reading of the machine as a whole. Bytes. */
export type HostReading = {
  cpuCount: number;
  processorTime: ProcessorTime;
  memoryBytes: number;
  memoryAvailableBytes: number;
  swapUsedBytes: number;
  ksmSavedBytes: number | null;
  /** 0 to 1. */
  memoryPressure: number | null;
  diskBytes: number;
  diskAvailableBytes: number;
};

/** One reading of a guest. */
export type GuestReading = {
  cpuSeconds: number;
  traffic: Traffic;
  /** What costs time to find out; null where it was not asked for. */
  held: (MemoryReading & { diskBytes: number }) | null;
};

/** Whom to read, and whether also what costs time. */
export type GuestQuestion = { account: Account; thorough: boolean };

/** What went through the network of a machine, by its id. */
export type TrafficOf = (machineId: string) => Traffic;

/** Where the figures come from. */
export type Figures = {
  host(): Promise<HostReading>;
  /** By id, without those that are gone or that this system tells nothing of. */
  guests(questions: readonly GuestQuestion[]): Promise<ReadonlyMap<string, GuestReading>>;
};
