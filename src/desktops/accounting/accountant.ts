import type { Engine } from '../../contract/desktop.ts';
import type { AsyncDisposable } from '../../contract/disposable.ts';
import type { HostUsage, MachineUsage } from '../../contract/host.ts';
import type { ProcessIdentity } from '../process-table.ts';

/** What admission has to know of a machine. */
export type Charge = {
  id: string;
  engine: Engine;
  memoryMb: number;
  cpus: number;
  isClone: boolean;
};

/** Whose figures are taken. */
export type Account = {
  id: string;
  /** The outermost process; those it started, and they, count with it. */
  process: ProcessIdentity;
  /** Files and folders whose blocks are its own. */
  files: readonly string[];
};

/** Measures the host and its guests every few seconds, and says what fits. */
export type Accountant = AsyncDisposable & {
  /**
   * Reserves room, synchronously, so that many at once can't overrun it. A machine that runs already
   * is never refused: it counts as it is.
   * @throws host-full
   */
  admit(charge: Charge, options?: { isRunning: boolean }): void;
  /** Gives the room back. */
  release(id: string): void;
  /** Begins, or goes on with another process of the same machine. */
  watch(account: Account): void;
  unwatch(id: string): void;
  usageOf(id: string): MachineUsage | null;
  host(): HostUsage;
  /** Measures now. */
  look(): Promise<void>;
};
