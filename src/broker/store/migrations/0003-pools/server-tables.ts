import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from '../column-types.ts';

/** Virtual servers with their snapshots. */
export async function makeServers(
  db: Kysely<unknown>,
  { whole, tableEnd }: ColumnTypes,
): Promise<void> {
  await db.schema
    .createTable('servers')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('image', 'text', (column) => column.notNull())
    .addColumn('image_id', 'text', (column) => column.notNull())
    .addColumn('image_version', 'integer', (column) => column.notNull())
    .addColumn('engine', 'text', (column) =>
      column.notNull().check(sql`engine in ('full', 'para')`),
    )
    .addColumn('memory_mb', 'integer', (column) => column.notNull())
    .addColumn('cpus', 'integer', (column) => column.notNull())
    .addColumn('cpu_weight', 'integer', (column) => column.notNull())
    .addColumn('network', 'text', (column) => column.notNull())
    .addColumn('autostart', 'integer', (column) => column.notNull().check(sql`autostart in (0, 1)`))
    .addColumn('restart', 'text', (column) =>
      column.notNull().check(sql`restart in ('never', 'on-failure', 'always')`),
    )
    .addColumn('wanted', 'text', (column) =>
      column.notNull().check(sql`wanted in ('running', 'stopped')`),
    )
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('problem', 'text', (column) => column.notNull())
    .addColumn('restarts', 'integer', (column) => column.notNull())
    .addColumn('machine_id', 'text')
    .addColumn('disk_made', 'integer', (column) => column.notNull().check(sql`disk_made in (0, 1)`))
    .addColumn('created_at', whole, (column) => column.notNull())
    .modifyEnd(tableEnd)
    .execute();

  await db.schema
    .createTable('snapshots')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('server_id', 'text', (column) =>
      column.notNull().references('servers.id').onDelete('cascade'),
    )
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('bytes', whole, (column) => column.notNull())
    .addColumn('created_at', whole, (column) => column.notNull())
    .modifyEnd(tableEnd)
    .execute();
}
