import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { sql } from 'kysely';
import { CodedError } from '../../contract/errors.ts';
import { createAuditLog } from '../audit/audit-log.ts';
import { createDiskFiles } from '../disks/disk-files.ts';
import type { Database } from '../store/store.ts';
import { readNote } from '../store/store-note.ts';
import { readStoreRow } from '../store/store-row.ts';
import { tableNames } from './format.ts';
import { discardStagedKeys, stageKey } from './key-folder.ts';
import { type Columns, readBackup } from './read-backup.ts';
import { beginRestore, endRestore } from './restore-journal.ts';
import { backedUpColumns, insertRow } from './table-rows.ts';
import { fitToFiles } from './without-files.ts';
import type { BackupOrder } from './write-backup.ts';

/** A broker that was never used has none of these. */
const tellingTables = ['users', 'pools', 'terminals', 'audit_events'] as const;

/**
 * Makes this broker the one that was backed up, all of it or nothing: also when it is cut off by a
 * crash, once the next broker starts. No broker may run on it. Terminals whose tokens the backup
 * does not know are given others.
 * @param order.replace whether what is there may be lost
 * @returns when the backup was made
 * @throws backup-damaged, change-conflict (there is something already); nothing was changed then
 */
export async function restoreBackup(order: BackupOrder & { replace: boolean }): Promise<Date> {
  const { store, dataDir, file, replace } = order;
  const { db, dialect } = store;
  const columns = await backedUpColumns(db);
  const { store_id: before } = await readStoreRow(db);
  const createdAt = await readThrough(file, columns);
  if (!replace) {
    await assertUnused(db);
    await assertOwn(dataDir, before);
  }
  const journal = { dialect, before, after: randomUUID() };
  await beginRestore(dataDir, journal);
  try {
    await stageKeys(dataDir, file, columns);
    await db
      .transaction()
      .execute((transaction) => fill(transaction, columns, journal.after, order));
  } finally {
    // What fails may have been done all the same, as far as a database that is away can tell.
    await endRestore(db, dataDir, journal);
  }
  return createdAt;
}

async function readThrough(file: string, columns: Columns): Promise<Date> {
  let createdAt = new Date(0);
  for await (const line of readBackup(file, columns)) {
    if ('createdAt' in line) createdAt = new Date(line.createdAt);
  }
  return createdAt;
}

async function stageKeys(dataDir: string, file: string, columns: Columns): Promise<void> {
  await discardStagedKeys(dataDir);
  for await (const line of readBackup(file, columns)) {
    if ('keyFile' in line) await stageKey(dataDir, line);
  }
}

async function assertUnused(db: Database): Promise<void> {
  for (const table of tellingTables) {
    const { rows } = await sql`select 1 from ${sql.table(table)} limit 1`.execute(db);
    if (rows.length === 0) continue;
    const detail = `there is a broker already, with ${table.replaceAll('_', ' ')}; see --replace`;
    throw new CodedError('change-conflict', { detail });
  }
}

/** The keys of a data folder are lost to its own store, wherever that is. */
async function assertOwn(dataDir: string, storeId: string): Promise<void> {
  const note = await readNote(dataDir);
  if (note === null || note.storeId === storeId) return;
  const detail = `the data folder belongs to another store, in ${note.dialect}; see --replace`;
  throw new CodedError('change-conflict', { detail });
}

async function fill(
  transaction: Database,
  columns: Columns,
  storeId: string,
  { dataDir, file, clock, by }: BackupOrder,
): Promise<void> {
  await clear(transaction);
  for await (const line of readBackup(file, columns)) {
    if ('row' in line) await insertRow(transaction, line);
  }
  await fitToFiles(transaction, createDiskFiles(dataDir));
  const row = { store_id: storeId, restored_at: clock.now() };
  await transaction.updateTable('store').set(row).execute();
  const target = null;
  const done = { target, outcome: 'done', code: null, detail: { file: basename(file) } } as const;
  const audit = createAuditLog({ db: transaction, clock });
  await audit.append({ ...by, ...done, action: 'broker.restored' }, transaction);
}

async function clear(transaction: Database): Promise<void> {
  // The triggers let go of events before the start only; it comes back with the backup.
  await sql`update audit_start set number = ${Number.MAX_SAFE_INTEGER}`.execute(transaction);
  for (const table of tableNames.toReversed()) {
    await sql`delete from ${sql.table(table)}`.execute(transaction);
  }
}
