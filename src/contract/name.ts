import { z } from 'zod';
import { oneLine } from './one-line.ts';

export const idSchema = z.uuid();
export const nameSchema = z.string().trim().min(1).max(80).check(oneLine);
/** Something that others refer to: by its id, and for people by its name. */
export const namedSchema = z.strictObject({ id: idSchema, name: z.string() });
