/** How far a host is filled. */
export type AdmissionPolicy = {
  /** Memory that always stays available: the larger of the two. */
  reserve: { bytes: number; share: number };
  /** What guests may come to use at most, in multiples of what the host has. */
  overcommit: { memory: number; cpu: number };
  /** Share of the last ten seconds in which something waited for memory: from here on it is full. */
  pressure: number;
  diskBytes: number;
  /** What a virtual machine takes beside its guest's memory: the emulator and its translated code. */
  overheadMb: number;
  /** What guests that share their memory are taken to use until some were measured. */
  first: { cloneShare: number; osLevelMb: number };
  /** After this long a guest has taken what it takes at once. */
  settledMs: number;
  /** Of what a settled guest has not taken yet, the share that is held ready for it. */
  growthShare: number;
};

const MiB = 1024 ** 2;

export const defaultAdmissionPolicy: AdmissionPolicy = {
  reserve: { bytes: 256 * MiB, share: 0.05 },
  overcommit: { memory: 2, cpu: 16 },
  pressure: 0.2,
  diskBytes: 512 * MiB,
  overheadMb: 128,
  first: { cloneShare: 1 / 3, osLevelMb: 150 },
  settledMs: 120_000,
  growthShare: 0.25,
};

/** Bytes of memory that are to stay available. */
export function reserveOf({ reserve }: AdmissionPolicy, memoryBytes: number): number {
  return Math.max(reserve.bytes, reserve.share * memoryBytes);
}
