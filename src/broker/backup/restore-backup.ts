import { basename } from 'node:path';
import { sql } from 'kysely';
import { CodedError } from '../../contract/errors.ts';
import { createAuditLog } from '../audit/audit-log.ts';
import type { Database } from '../store/store.ts';
import { tableNames } from './format.ts';
import { type StagedKeys, stageKeys } from './key-folder.ts';
import { type Columns, readBackup } from './read-backup.ts';
import { backedUpColumns, insertRow } from './table-rows.ts';
import type { BackupOrder } from './write-backup.ts';

/** A broker that was never used has none of these. */
const tellingTables = ['users', 'desktops', 'terminals', 'audit_events'] as const;

/**
 * Makes this broker the one that was backed up. All of the store changes at once, and the keys right
 * after it; a power cut between the two is mended by doing it again. No broker may run on it.
 * @param order.replace whether what is there may be lost
 * @throws backup-damaged, change-conflict (there is something already); nothing was changed then
 */
export async function restoreBackup(order: BackupOrder & { replace: boolean }): Promise<void> {
  const { store, dataDir, file, replace } = order;
  const columns = await backedUpColumns(store.db);
  await readThrough(file, columns);
  if (!replace) await assertUnused(store.db);
  const keys = await stageKeys(dataDir);
  try {
    await store.db.transaction().execute((transaction) => fill(transaction, keys, columns, order));
    await keys.commit();
  } finally {
    await keys.discard();
  }
}

async function readThrough(file: string, columns: Columns): Promise<void> {
  const lines = readBackup(file, columns)[Symbol.asyncIterator]();
  while (!(await lines.next()).done);
}

async function assertUnused(db: Database): Promise<void> {
  for (const table of tellingTables) {
    const { rows } = await sql`select 1 from ${sql.table(table)} limit 1`.execute(db);
    if (rows.length === 0) continue;
    const detail = `there is a broker already, with ${table.replaceAll('_', ' ')}; see --replace`;
    throw new CodedError('change-conflict', { detail });
  }
}

async function fill(
  transaction: Database,
  keys: StagedKeys,
  columns: Columns,
  { file, clock, by }: BackupOrder,
): Promise<void> {
  await clear(transaction);
  for await (const line of readBackup(file, columns)) {
    if ('row' in line) await insertRow(transaction, line);
    else await keys.add(line);
  }
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
