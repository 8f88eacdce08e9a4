import { z } from 'zod';
import { desktopIdSchema, engineSchema, imageNameSchema } from './desktop.ts';
import { idSchema, namedSchema, nameSchema } from './name.ts';
import { oneLine } from './one-line.ts';
import { newSessionPolicySchema, sessionPolicySchema } from './session-policy.ts';

/** `host:port`; `*.` in front stands for any name below. */
export const destinationSchema = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^(\*\.)?[a-z0-9.-]{1,253}:([1-9][0-9]{0,4})$/, {
    error: 'give a host and a port, such as intranet.example:443 or *.example:443',
  })
  .refine((destination) => Number(destination.split(':')[1]) <= 65_535, {
    error: 'ports end at 65535',
  });

/** What a guest may reach. `allowed` goes through the broker's proxy, and to these alone. */
export const networkPolicySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({
    kind: z.literal('allowed'),
    destinations: z.array(destinationSchema).min(1).max(100),
  }),
]);
export type NetworkPolicy = z.infer<typeof networkPolicySchema>;

/** What a guest is given. Shared by pools and virtual servers. Sizes in MiB. */
export const hardwareFields = {
  image: imageNameSchema,
  engine: engineSchema,
  memoryMb: z
    .number()
    .int()
    .min(64)
    .max(1024 * 1024),
  cpus: z.number().int().min(1).max(256),
  /** Share of the processors in times of need, beside others that have 100. */
  cpuWeight: z.number().int().min(1).max(10_000),
  network: networkPolicySchema,
} as const;

const poolFields = z.strictObject({
  name: nameSchema,
  description: z.string().trim().max(200).check(oneLine),
  ...hardwareFields,
  /**
   * - non-persistent: a session begins with a fresh desktop, which is destroyed at its end
   * - persistent: each user has a disk of their own, which is kept
   */
  persistence: z.enum(['non-persistent', 'persistent']),
  /** Desktops that are kept ready for the next users. */
  spares: z.number().int().min(0).max(50),
  /** Whether desktops are cloned from the memory of one that has booted, where that is possible. */
  instantClones: z.boolean(),
  /** After how long without a viewer a desktop is suspended to disk; null is never. */
  suspendAfterMinutes: z.number().int().min(1).max(10_080).nullable(),
  /** Room for what the user writes, of an os-level desktop. */
  homeMb: z.number().int().min(16).max(65_536),
  /** Of the sessions in it. */
  policy: sessionPolicySchema,
  /** Ids of the groups entitled to it. */
  groups: z.array(idSchema).max(500),
});

export const newPoolSchema = poolFields.extend({
  description: poolFields.shape.description.default(''),
  engine: poolFields.shape.engine.default('para'),
  memoryMb: poolFields.shape.memoryMb.default(384),
  cpus: poolFields.shape.cpus.default(1),
  cpuWeight: poolFields.shape.cpuWeight.default(100),
  network: poolFields.shape.network.default({ kind: 'none' }),
  persistence: poolFields.shape.persistence.default('non-persistent'),
  spares: poolFields.shape.spares.default(0),
  instantClones: poolFields.shape.instantClones.default(true),
  suspendAfterMinutes: poolFields.shape.suspendAfterMinutes.default(null),
  homeMb: poolFields.shape.homeMb.default(256),
  policy: newSessionPolicySchema.prefault({}),
  groups: poolFields.shape.groups.default([]),
});
/** Of `policy`, what is left out stays as it is. */
export const poolChangeSchema = poolFields
  .extend({ policy: sessionPolicySchema.partial() })
  .partial();
export const poolRemovalSchema = z.strictObject({
  /** Whether sessions that run on it end with it, in place of standing against it. */
  endSessions: z.stringbool({ truthy: ['true'], falsy: ['false'] }).default(false),
  /** Whether the disks of its users are destroyed with it, in place of standing against it. */
  destroyDisks: z.stringbool({ truthy: ['true'], falsy: ['false'] }).default(false),
});

/** A pool: what desktops are made of, how many are kept ready, and who may open one. */
export const poolSchema = poolFields.omit({ groups: true }).extend({
  id: desktopIdSchema,
  groups: z.array(namedSchema),
  /** Desktops by what they do now, as the broker last wrote it down. */
  desktops: z.strictObject({
    inUse: z.number().int().nonnegative(),
    spare: z.number().int().nonnegative(),
    suspended: z.number().int().nonnegative(),
  }),
  /** Disks of users that are kept. */
  disks: z.number().int().nonnegative(),
});
export type Pool = z.infer<typeof poolSchema>;

/** A user's own disk in a persistent pool. Bytes as they lie on the host's disk. */
export const keptDiskSchema = z.strictObject({
  id: idSchema,
  user: namedSchema,
  pool: namedSchema,
  imageVersion: z.number().int().positive(),
  bytes: z.number().int().nonnegative(),
  usedAt: z.iso.datetime(),
});
export type KeptDisk = z.infer<typeof keptDiskSchema>;

/** What went back to the host. */
export const freedSchema = z.strictObject({
  sessions: z.number().int().nonnegative(),
  disks: z.number().int().nonnegative(),
  /** Of disks and suspended memory. */
  diskBytes: z.number().int().nonnegative(),
  /** That the desktops of ended sessions took, as last measured. */
  memoryBytes: z.number().int().nonnegative(),
});
export type Freed = z.infer<typeof freedSchema>;
