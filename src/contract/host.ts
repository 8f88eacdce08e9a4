import { z } from 'zod';
import { acceleratorSchema, engineSchema } from './desktop.ts';
import { idSchema } from './name.ts';

const bytes = z.number().int().nonnegative();
/** 0 to 1. */
const share = z.number().min(0).max(1);

/** What one guest uses, by the kernel's own figures. */
export const machineUsageSchema = z.strictObject({
  /** Seconds of processor time since its start (utime + stime of its processes, proc(5)). */
  cpuSeconds: z.number().nonnegative(),
  /** Processors busy with it over the last interval: 0.5 is half of one. */
  cpus: z.number().nonnegative(),
  /** Proportional set size (Pss of /proc/PID/smaps_rollup): shared pages count by their share. */
  pssBytes: bytes,
  /** Of it, what no other process shares (Private_Clean + Private_Dirty). */
  privateBytes: bytes,
  /** Blocks that its own files take on the host's disk. */
  diskBytes: bytes,
  /** Through its proxy since that was opened by this broker; 0 where it has none. */
  receivedBytes: bytes,
  sentBytes: bytes,
});
export type MachineUsage = z.infer<typeof machineUsageSchema>;

/** What a guest is for. */
export const purposeSchema = z.enum(['session', 'spare', 'server', 'master', 'template']);
export type Purpose = z.infer<typeof purposeSchema>;

/** How a guest came to be. `reason`: why it is not a clone; empty where none was wanted. */
export const originSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('clone'), template: z.string() }),
  z.strictObject({ kind: z.literal('boot'), reason: z.string() }),
]);
export type Origin = z.infer<typeof originSchema>;

export const machineListingSchema = z.strictObject({
  id: idSchema,
  purpose: purposeSchema,
  /** Of the pool, the server or the image that it belongs to. */
  belongsTo: z.string(),
  /** Whose session it is; null where it is nobody's. */
  user: z.string().nullable(),
  engine: engineSchema,
  state: z.string(),
  origin: originSchema.nullable(),
  memoryMb: z.number().int(),
  cpus: z.number().int(),
  startedAt: z.iso.datetime(),
  usage: machineUsageSchema.nullable(),
});
export type MachineListing = z.infer<typeof machineListingSchema>;

/** The host as a whole. */
export const hostUsageSchema = z.strictObject({
  at: z.iso.datetime(),
  accelerator: acceleratorSchema,
  cpuCount: z.number().int().positive(),
  /** Share of all processors that was busy over the last interval (/proc/stat). */
  cpuUtilization: share,
  memoryBytes: bytes,
  /** MemAvailable of /proc/meminfo. */
  memoryAvailableBytes: bytes,
  /** Share of the memory that is not available. */
  memoryUtilization: share,
  swapUsedBytes: bytes,
  /** Saved by the kernel's merging of equal pages; null where KSM is off or missing. */
  ksmSavedBytes: bytes.nullable(),
  /** Share of the last ten seconds in which something waited for memory (PSI `some avg10`). */
  memoryPressure: share.nullable(),
  diskBytes: bytes,
  diskAvailableBytes: bytes,
  machines: z.number().int().nonnegative(),
  /** Memory that all guests may come to use at most. */
  committedBytes: bytes,
  /** The larger of the utilization of processors and memory: the figure of the article. */
  utilization: share,
  /** How limits are enforced here, and what is missing, in a sentence each. */
  limits: z.strictObject({ cpu: z.string(), memory: z.string(), processes: z.string() }),
});
export type HostUsage = z.infer<typeof hostUsageSchema>;

/** One point of the host's history: averages over its interval. */
export const hostSampleSchema = z.strictObject({
  at: z.iso.datetime(),
  cpuUtilization: share,
  memoryUtilization: share,
  machines: z.number().int().nonnegative(),
});
export type HostSample = z.infer<typeof hostSampleSchema>;
export const hostHistoryQuerySchema = z.strictObject({
  hours: z.coerce
    .number()
    .int()
    .min(1)
    .max(24 * 31)
    .default(24),
});
