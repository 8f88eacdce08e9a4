import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from '../column-types.ts';
import { replaceCheck } from './replace-column.ts';

/** What was a desktop is a pool that keeps nothing and has no spares. */
export async function makePools(
  db: Kysely<unknown>,
  { whole, tableEnd }: ColumnTypes,
): Promise<void> {
  await db.schema.alterTable('desktops').renameTo('pools').execute();
  await db.schema.alterTable('entitlements').renameColumn('desktop_id', 'pool_id').execute();
  const engine = { table: 'pools', column: 'engine', standard: 'para' };
  await replaceCheck(db, engine, sql`engine in ('full', 'para', 'os-level')`);
  for (const [name, type, standard] of [
    ['cpu_weight', 'integer', 100],
    ['network', 'text', '{"kind":"none"}'],
    ['persistence', 'text', 'non-persistent'],
    ['spares', 'integer', 0],
    ['instant_clones', 'integer', 1],
    ['home_mb', 'integer', 256],
  ] as const) {
    await db.schema
      .alterTable('pools')
      .addColumn(name, type, (column) => column.notNull().defaultTo(standard))
      .execute();
  }
  await db.schema.alterTable('pools').addColumn('suspend_after_minutes', 'integer').execute();

  await db.schema
    .createTable('kept_disks')
    .addColumn('id', 'text', (column) => column.primaryKey())
    // Neither has a foreign key: a row that goes has to leave one in removed_disks.
    .addColumn('pool_id', 'text', (column) => column.notNull())
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('image_id', 'text', (column) => column.notNull())
    .addColumn('image_version', 'integer', (column) => column.notNull())
    .addColumn('created_at', whole, (column) => column.notNull())
    .addColumn('used_at', whole, (column) => column.notNull())
    .addUniqueConstraint('one_disk_of_user_in_pool', ['pool_id', 'user_id'])
    .modifyEnd(tableEnd)
    .execute();

  await db.schema
    .createTable('removed_disks')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('kind', 'text', (column) =>
      column.notNull().check(sql`kind in ('disk', 'snapshot')`),
    )
    .addColumn('removed_at', whole, (column) => column.notNull())
    .modifyEnd(tableEnd)
    .execute();

  await db.schema
    .createTable('machines')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('purpose', 'text', (column) =>
      column.notNull().check(sql`purpose in ('session', 'spare', 'server', 'master')`),
    )
    .addColumn('belongs_to', 'text', (column) => column.notNull())
    .addColumn('belongs_to_name', 'text', (column) => column.notNull())
    .addColumn('user_id', 'text')
    .addColumn('engine', 'text', (column) => column.notNull())
    .addColumn('image_id', 'text', (column) => column.notNull())
    .addColumn('image_version', 'integer', (column) => column.notNull())
    .addColumn('memory_mb', 'integer', (column) => column.notNull())
    .addColumn('cpus', 'integer', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('origin', 'text')
    .addColumn('started_at', whole, (column) => column.notNull())
    .addColumn('usage', 'text')
    .modifyEnd(tableEnd)
    .execute();
}
