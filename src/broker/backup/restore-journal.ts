import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { CodedError } from '../../contract/errors.ts';
import { type Database, dialectOf, openAnyStore, type StoreLocation } from '../store/store.ts';
import { readJson, writeNote } from '../store/store-note.ts';
import { readStoreRow } from '../store/store-row.ts';
import { syncFolder, writeKeyFile } from '../tls/key-files.ts';
import { discardStagedKeys, putStagedKeys } from './key-folder.ts';

/**
 * A restore that is under way. The store changes in one transaction and the keys after it; the id
 * that the store has then tells whether there was that transaction, whatever became of the rest.
 */
const journalSchema = z.strictObject({
  dialect: z.enum(['sqlite', 'postgres']),
  /** Id of the store as it was, and as it is once the backup is in it. */
  before: z.uuid(),
  after: z.uuid(),
});
export type RestoreJournal = z.infer<typeof journalSchema>;

export async function beginRestore(dataDir: string, journal: RestoreJournal): Promise<void> {
  await writeKeyFile(journalFile(dataDir), `${JSON.stringify(journal)}\n`, 'secret');
}

/** Puts the keys in place that belong to the store as it is, and ends the restore. */
export async function endRestore(
  db: Database,
  dataDir: string,
  { dialect, before, after }: RestoreJournal,
): Promise<void> {
  const { store_id: storeId } = await readStoreRow(db);
  if (storeId === after) {
    await putStagedKeys(dataDir);
    await writeNote(dataDir, { dialect, storeId });
  } else if (storeId === before) {
    await discardStagedKeys(dataDir);
  } else {
    throw unfinished(dataDir);
  }
  await rm(journalFile(dataDir));
  await syncFolder(dataDir);
}

/**
 * Ends a restore that a crash cut off: all of it was done then, or nothing. Nobody else may be at it.
 * @throws store-foreign when it was to another store than this
 */
export async function settleRestore(location: StoreLocation): Promise<void> {
  const { dataDir } = location;
  const journal = await readJson(journalFile(dataDir), journalSchema);
  if (journal === null) return;
  if (journal.dialect !== dialectOf(location)) throw unfinished(dataDir);
  const store = await openAnyStore(location);
  try {
    await endRestore(store.db, dataDir, journal);
  } finally {
    await store.close();
  }
}

function journalFile(dataDir: string): string {
  return join(dataDir, 'restore.json');
}

function unfinished(dataDir: string): CodedError {
  const detail = `${journalFile(dataDir)} tells of a restore to another store, which did not end`;
  return new CodedError('store-foreign', { detail });
}
