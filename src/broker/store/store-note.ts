import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { CodedError } from '../../contract/errors.ts';
import { isMissing, writeKeyFile } from '../tls/key-files.ts';

/** Which store the data folder is of: another, however empty, is never served with its keys. */
const noteSchema = z.strictObject({ dialect: z.enum(['sqlite', 'postgres']), storeId: z.uuid() });
export type StoreNote = z.infer<typeof noteSchema>;

export function noteFile(dataDir: string): string {
  return join(dataDir, 'store.json');
}

/** null in a folder where no store was opened yet. @throws store-damaged */
export function readNote(dataDir: string): Promise<StoreNote | null> {
  return readJson(noteFile(dataDir), noteSchema);
}

export async function writeNote(dataDir: string, note: StoreNote): Promise<void> {
  await writeKeyFile(noteFile(dataDir), `${JSON.stringify(note)}\n`, 'secret');
}

/** null when there is no such file. @throws store-damaged */
export async function readJson<S extends z.ZodType>(
  file: string,
  schema: S,
): Promise<z.output<S> | null> {
  // What the system says of a folder that it cannot read is told as it is.
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
  if (text === null) return null;
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CodedError('store-damaged', { detail: file, cause });
  }
}
