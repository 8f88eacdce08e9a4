import { z } from 'zod';
import { idSchema, nameSchema } from './name.ts';
import { hardwareFields } from './pool.ts';

/** A virtual server: a long-lived guest that is no desktop, with a disk that is kept. */
const serverFields = z.strictObject({
  name: nameSchema,
  ...hardwareFields,
  engine: z.enum(['full', 'para']),
  /** Whether it starts with the broker. */
  autostart: z.boolean(),
  /**
   * What happens when it ends by itself: `on-failure` starts it again after a fault, `always` after
   * a power-off from inside too. Waits between tries double, from 1 s to 60 s.
   */
  restart: z.enum(['never', 'on-failure', 'always']),
});
export const newServerSchema = serverFields.extend({
  engine: serverFields.shape.engine.default('para'),
  memoryMb: serverFields.shape.memoryMb.default(384),
  cpus: serverFields.shape.cpus.default(1),
  cpuWeight: serverFields.shape.cpuWeight.default(100),
  network: serverFields.shape.network.default({ kind: 'none' }),
  autostart: serverFields.shape.autostart.default(true),
  restart: serverFields.shape.restart.default('on-failure'),
});
/** Hardware changes take effect at its next start. The image it was made of stays. */
export const serverChangeSchema = serverFields.omit({ image: true }).partial();

export const serverStateSchema = z.enum(['stopped', 'starting', 'running', 'stopping', 'failed']);

export const snapshotSchema = z.strictObject({
  id: idSchema,
  name: z.string(),
  createdAt: z.iso.datetime(),
  bytes: z.number().int().nonnegative(),
});
export const newSnapshotSchema = z.strictObject({ name: nameSchema });

export const serverSchema = serverFields.extend({
  id: idSchema,
  imageVersion: z.number().int().positive(),
  state: serverStateSchema,
  /** What was asked of it last; a broker that comes back goes by it. */
  wanted: z.enum(['running', 'stopped']),
  /** Why it is not running, in a sentence; empty when there is nothing to say. */
  problem: z.string(),
  restarts: z.number().int().nonnegative(),
  diskBytes: z.number().int().nonnegative(),
  snapshots: z.array(snapshotSchema),
});
export type VirtualServer = z.infer<typeof serverSchema>;
export type Snapshot = z.infer<typeof snapshotSchema>;
