import { type Kysely, type RawBuilder, sql } from 'kysely';

/**
 * Gives a text column another check, which SQLite can't change in place. It may be in no index.
 * @param standard what it holds where nothing is said
 */
export async function replaceCheck(
  db: Kysely<unknown>,
  { table, column, standard }: { table: string; column: string; standard: string },
  check: RawBuilder<unknown>,
): Promise<void> {
  const before = `${column}_before`;
  await db.schema.alterTable(table).renameColumn(column, before).execute();
  await db.schema
    .alterTable(table)
    .addColumn(column, 'text', (added) => added.notNull().defaultTo(standard).check(check))
    .execute();
  await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${sql.ref(before)}`.execute(db);
  await db.schema.alterTable(table).dropColumn(before).execute();
}
