import { type Kysely, sql } from 'kysely';
import { replaceCheck } from './replace-column.ts';

/** A session may be suspended, and is served by a machine that need not be called like it. */
export async function changeSessions(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('sessions').addColumn('machine_id', 'text').execute();
  await sql`update sessions set machine_id = id`.execute(db);
  await db.schema.dropIndex('one_live_session_of_user_on_desktop').execute();
  await db.schema.dropIndex('sessions_by_state').execute();
  const state = { table: 'sessions', column: 'state', standard: 'failed' };
  const states = sql`state in ('starting', 'running', 'suspended', 'ending', 'ended', 'failed')`;
  await replaceCheck(db, state, states);
  await db.schema
    .createIndex('one_live_session_of_user_on_desktop')
    .unique()
    .on('sessions')
    .columns(['user_id', 'desktop_id'])
    .where(sql<boolean>`state in ('starting', 'running', 'suspended')`)
    .execute();
  await db.schema.createIndex('sessions_by_state').on('sessions').column('state').execute();
}
