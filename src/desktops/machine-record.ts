import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { acceleratorSchema, engineSchema } from '../contract/desktop.ts';
import { CodedError } from '../contract/errors.ts';
import { originSchema } from '../contract/host.ts';
import { networkPolicySchema } from '../contract/pool.ts';
import type { MachineSpec } from './engine.ts';
import { errnoOf } from './images/file-error.ts';
import type { MachinePaths } from './qemu/machine-paths.ts';

const machineSpecSchema = z.strictObject({
  id: z.uuid(),
  image: z.string().min(1),
  engine: engineSchema,
  memoryMb: z.number().int().positive(),
  cpus: z.number().int().positive(),
  hostname: z.string().min(1),
  cpuWeight: z.number().int().positive(),
  network: networkPolicySchema,
  disk: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('fresh') }),
    z.strictObject({ kind: z.literal('kept'), path: z.string().min(1) }),
  ]),
  clone: z.boolean(),
  homeMb: z.number().int().nonnegative(),
}) satisfies z.ZodType<MachineSpec>;

/**
 * How far a machine has come, as far as a later broker can go on from there. A suspended one is at
 * work too: its saved state is there, and that counts.
 */
const stageSchema = z.discriminatedUnion('stage', [
  /** Not far enough. */
  z.strictObject({ stage: z.literal('beginning') }),
  z.strictObject({
    stage: z.literal('booting'),
    origin: originSchema,
    ready: z.enum(['marker', 'first-frame']),
  }),
  z.strictObject({ stage: z.literal('at-work'), origin: originSchema }),
]);
export type Stage = z.infer<typeof stageSchema>;

/** What a broker has to know to take over a machine of the broker before it. */
const machineRecordSchema = z.strictObject({
  version: z.literal(2),
  spec: machineSpecSchema,
  accelerator: acceleratorSchema.nullable(),
  /** Null where there is none. See ProcessIdentity. */
  process: z
    .strictObject({
      pid: z.number().int().positive(),
      startTime: z.number().int().nonnegative(),
    })
    .nullable(),
  progress: stageSchema,
});
export type MachineRecord = z.infer<typeof machineRecordSchema>;

/** Atomic: a reader finds the old record or the new one. */
export async function writeRecord(path: string, record: MachineRecord): Promise<void> {
  const draft = draftOf(path);
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

/** Where a file is written until it is whole. */
export function draftOf(path: string): string {
  return `${path}.new`;
}

/** Removes what a machine without a process still holds. Its logs stay; the record goes last. */
export async function freeMachine(paths: MachinePaths): Promise<void> {
  await rm(paths.sockets, { recursive: true, force: true });
  await rm(paths.disk, { force: true });
  await rm(paths.savedState, { force: true });
  await rm(draftOf(paths.savedState), { force: true });
  await rm(paths.pidFile, { force: true });
  await rm(draftOf(paths.record), { force: true });
  await rm(paths.record, { force: true });
}
