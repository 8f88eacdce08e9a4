import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { acceleratorSchema, engineSchema, imageNameSchema } from '../contract/desktop.ts';
import { CodedError } from '../contract/errors.ts';
import { errnoOf } from './images/file-error.ts';
import type { MachinePaths } from './qemu/machine-paths.ts';

/** What a broker has to know to take over a machine of the broker before it. */
const machineRecordSchema = z.strictObject({
  version: z.literal(1),
  spec: z.strictObject({
    id: z.uuid(),
    image: imageNameSchema,
    engine: engineSchema,
    memoryMb: z.number().int().positive(),
    cpus: z.number().int().positive(),
  }),
  accelerator: acceleratorSchema,
  ready: z.enum(['marker', 'first-frame']),
  /** Null until QEMU is spawned. See ProcessIdentity. */
  process: z
    .strictObject({
      pid: z.number().int().positive(),
      startTime: z.number().int().nonnegative(),
    })
    .nullable(),
});
export type MachineRecord = z.infer<typeof machineRecordSchema>;

/** Atomic: a reader finds the old record or the new one. */
export async function writeRecord(path: string, record: MachineRecord): Promise<void> {
  const draft = `${path}.new`;
  await writeFile(draft, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, path);
}

/**
 * Null when there is none.
 * @throws store-damaged for one that cannot be understood; it is set aside as `*.damaged`.
 */
export async function readRecord(path: string): Promise<MachineRecord | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
  try {
    return machineRecordSchema.parse(JSON.parse(text));
  } catch (cause) {
    await rename(path, `${path}.damaged`);
    throw new CodedError('store-damaged', { detail: `${path}.damaged`, cause });
  }
}

/** Removes what a machine without a process still holds. Its logs stay; the record goes last. */
export async function freeMachine(paths: MachinePaths): Promise<void> {
  await rm(paths.sockets, { recursive: true, force: true });
  await rm(paths.disk, { force: true });
  await rm(paths.pidFile, { force: true });
  await rm(paths.record, { force: true });
}
