import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { acceleratorSchema } from '../../contract/desktop.ts';
import { defaultKeyboardLayout, keyboardLayoutSchema } from '../../contract/keyboard.ts';

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);
const checksumSchema = z.strictObject({
  sha256: sha256Schema,
  size: z.number().int().nonnegative(),
});

/** Name of the file that says what a template is. A folder without it is none. */
export const recordFileName = 'template.json';

/** Files of a template. The folder that they are in is named by the template's id. */
export const templateFileNames = ['memory', 'state', 'disk.qcow2', 'blank.qcow2'] as const;
export type TemplateFileName = (typeof templateFileNames)[number];

/** What a template is of, and what has to be the same for it to be used. */
export const foundationSchema = z.strictObject({
  engine: z.enum(['full', 'para']),
  memoryMb: z.number().int().positive(),
  cpus: z.number().int().positive(),
  hasNetwork: z.boolean(),
  image: z.string(),
  /** Of the image's disk. */
  disk: sha256Schema,
  qemu: z.string(),
  accelerator: acceleratorSchema,
  cpu: z.string(),
  /** One that says nothing of it is from before there was a choice; a suspended desktop may need it. */
  keyboard: keyboardLayoutSchema.default(defaultKeyboardLayout),
  /** Digest of QEMU's arguments, less what differs between machines. */
  commandLine: sha256Schema,
});
export type Foundation = z.infer<typeof foundationSchema>;

/** `template.json`. Sizes of files in bytes. */
export const templateRecordSchema = z.strictObject({
  version: z.literal(1),
  /** Another one for each capture: the disk of a clone is backed by a disk of this very template. */
  id: z.uuid(),
  foundation: foundationSchema,
  files: z.strictObject({
    memory: checksumSchema,
    state: checksumSchema,
    'disk.qcow2': checksumSchema,
    'blank.qcow2': checksumSchema,
  }),
  created: z.iso.datetime(),
});
export type TemplateRecord = z.infer<typeof templateRecordSchema>;

/** @throws when it is missing or has another form */
export async function readTemplateRecord(folder: string): Promise<TemplateRecord> {
  return templateRecordSchema.parse(
    JSON.parse(await readFile(join(folder, recordFileName), 'utf8')),
  );
}

export async function writeTemplateRecord(folder: string, record: TemplateRecord): Promise<void> {
  const checked = templateRecordSchema.parse(record);
  await writeFile(join(folder, recordFileName), `${JSON.stringify(checked, null, 2)}\n`);
}
