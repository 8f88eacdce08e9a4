import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from '../column-types.ts';

/** Golden images in the making, and how much of the host was used. */
export async function makeGoldenImages(
  db: Kysely<unknown>,
  { whole, real, tableEnd }: ColumnTypes,
): Promise<void> {
  await db.schema
    .createTable('masters')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('image', 'text', (column) => column.notNull().unique())
    .addColumn('image_id', 'text', (column) => column.notNull())
    .addColumn('image_version', 'integer', (column) => column.notNull())
    .addColumn('started_at', whole, (column) => column.notNull())
    .modifyEnd(tableEnd)
    .execute();

  await db.schema
    .createTable('host_samples')
    .addColumn('at', whole, (column) => column.primaryKey())
    .addColumn('cpu_utilization', real, (column) => column.notNull())
    .addColumn('memory_utilization', real, (column) => column.notNull())
    .addColumn('machines', 'integer', (column) => column.notNull())
    .modifyEnd(tableEnd)
    .execute();

  await db.schema
    .createTable('host_usage')
    .addColumn('id', 'integer', (column) => column.primaryKey().check(sql`id = 1`))
    .addColumn('usage', 'text', (column) => column.notNull())
    .modifyEnd(tableEnd)
    .execute();
}
