import { sql } from 'kysely';
import type { Database, Store } from '../store/store.ts';
import { type BackedUpTable, type BackupRow, isBackedUp, tableNames } from './format.ts';
import type { Columns } from './read-backup.ts';

type Row = BackupRow['row'];

/** How many rows PostgreSQL sends at a time. */
const batch = 500;

/** All rows of a table, within a transaction, without ever having them all at once. */
export function rowsOf(
  transaction: Database,
  dialect: Store['dialect'],
  table: BackedUpTable,
): AsyncIterable<Row> {
  return dialect === 'sqlite' ? iterated(transaction, table) : fetched(transaction, table);
}

function iterated(transaction: Database, table: BackedUpTable): AsyncIterable<Row> {
  const rows = transaction.withTables<{ backed_up: Row }>();
  return rows.selectFrom(rows.dynamic.table(table).as('backed_up')).selectAll().stream();
}

async function* fetched(transaction: Database, table: BackedUpTable): AsyncIterable<Row> {
  await sql`declare backed_up no scroll cursor for select * from ${sql.table(table)}`.execute(
    transaction,
  );
  for (let count = batch; count === batch; ) {
    const { rows } = await sql<Row>`fetch ${sql.lit(batch)} from backed_up`.execute(transaction);
    yield* rows;
    count = rows.length;
  }
  await sql`close backed_up`.execute(transaction);
}

export async function insertRow(transaction: Database, { table, row }: BackupRow): Promise<void> {
  const columns = sql.join(Object.keys(row).map((name) => sql.ref(name)));
  const values = sql.join(Object.values(row));
  await sql`insert into ${sql.table(table)} (${columns}) values (${values})`.execute(transaction);
}

export async function backedUpColumns(db: Database): Promise<Columns> {
  const found = await db.introspection.getTables();
  return new Map(
    tableNames.map((table) => {
      const columns = found.find(({ name }) => name === table)?.columns ?? [];
      const names = columns.map(({ name }) => name).filter((name) => isBackedUp(table, name));
      return [table, names.toSorted().join()];
    }),
  );
}
