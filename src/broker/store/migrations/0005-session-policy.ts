import { type Kysely, sql } from 'kysely';
import type { StoreDialect } from './column-types.ts';

/** What pools that are there already allow in their sessions; written out, since standards change. */
const before = JSON.stringify({
  clipboard: 'both',
  sound: true,
  screens: 1,
  shadowing: 'ask',
  watermark: false,
  idleLockMinutes: null,
});

/** What may be done in the sessions of a pool. */
export async function addSessionPolicy(db: Kysely<unknown>, dialect: StoreDialect): Promise<void> {
  await db.schema
    .alterTable('pools')
    .addColumn('policy', 'text', (column) => column.notNull().defaultTo(before))
    .execute();
  if (dialect === 'sqlite') await sql`pragma user_version = 5`.execute(db);
}
