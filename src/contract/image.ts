import { z } from 'zod';
import { imageNameSchema } from './desktop.ts';
import { idSchema } from './name.ts';
import { oneLine } from './one-line.ts';

/** A golden image as it was at one time. Versions are never changed, only added and removed. */
export const imageVersionSchema = z.strictObject({
  version: z.number().int().positive(),
  /** `built` from a recipe, `registered` as a user's own disk, `published` from a master. */
  kind: z.enum(['built', 'registered', 'published']),
  created: z.iso.datetime(),
  notes: z.string(),
  bytes: z.number().int().nonnegative(),
  /** Whether new desktops begin with it. */
  current: z.boolean(),
  /** Kept disks and virtual servers that depend on it; such a version can't be removed. */
  dependents: z.number().int().nonnegative(),
});

/** The golden image in the making: a desktop that an administrator changes in a session. */
export const masterSchema = z.strictObject({
  /** Also what it is called in the list of desktops of who may change images. */
  id: idSchema,
  basedOn: z.number().int().positive(),
  startedAt: z.iso.datetime(),
  running: z.boolean(),
});

export const imageSchema = z.strictObject({
  name: imageNameSchema,
  title: z.string(),
  /** Newest first. */
  versions: z.array(imageVersionSchema),
  master: masterSchema.nullable(),
});
export type Image = z.infer<typeof imageSchema>;
export type ImageVersion = z.infer<typeof imageVersionSchema>;

export const publicationSchema = z.strictObject({
  /** What was changed. */
  notes: z.string().trim().max(200).check(oneLine).default(''),
});
