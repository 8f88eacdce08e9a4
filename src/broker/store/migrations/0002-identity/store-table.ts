import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../../schema.ts';
import type { ColumnTypes } from '../column-types.ts';

/** By what a broker knows its own store. */
export async function makeStore(
  db: Kysely<unknown>,
  { whole, tableEnd }: ColumnTypes,
): Promise<void> {
  await db.schema
    .createTable('store')
    .addColumn('id', 'integer', (column) => column.primaryKey().check(sql`id = 1`))
    .addColumn('store_id', 'text', (column) => column.notNull())
    .addColumn('restored_at', whole)
    .modifyEnd(tableEnd)
    .execute();
  await db
    .withTables<Pick<Tables, 'store'>>()
    .insertInto('store')
    .values({ id: 1, store_id: randomUUID() })
    .execute();
}
