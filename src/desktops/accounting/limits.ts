import type { ProcessIdentity } from '../process-table.ts';

export type LimitsOfMachine = {
  /** Beside others that have 100. */
  cpuWeight: number;
  /** Processors that it may use at most. */
  cpus: number;
  /** Null is no limit but that of the engine. */
  memoryBytes: number | null;
  processes: number | null;
};

/** Limits by control groups (cgroups(7)), version 2 or 1, whichever is mounted and ours to write. */
export type Limits = {
  /** How each is enforced here, or why it is not, in a sentence for people. */
  readonly how: { cpu: string; memory: string; processes: string };
  /** Moves the process, with all it has started, into a group of its own. */
  apply(machineId: string, process: ProcessIdentity, limits: LimitsOfMachine): Promise<void>;
  /** Removes the group of a machine whose processes are gone. */
  release(machineId: string): Promise<void>;
};
