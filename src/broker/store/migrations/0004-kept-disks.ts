import { type Kysely, sql } from 'kysely';
import type { StoreDialect } from './column-types.ts';

/**
 * Whether the disk of a user was ever there. Of those in the store it counts as such: one that is
 * wrongly taken for lost is reset in a moment, one that is wrongly made anew hides what was lost.
 */
export async function noteKeptDisks(db: Kysely<unknown>, dialect: StoreDialect): Promise<void> {
  await db.schema
    .alterTable('kept_disks')
    .addColumn('disk_made', 'integer', (column) =>
      column.notNull().defaultTo(1).check(sql`disk_made in (0, 1)`),
    )
    .execute();
  if (dialect === 'sqlite') await sql`pragma user_version = 4`.execute(db);
}
