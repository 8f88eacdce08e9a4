import { type Kysely, sql } from 'kysely';
import { columnTypesOf, type StoreDialect } from './column-types.ts';

/** What the users of sessions are told. */
export async function makeSessionMessages(
  db: Kysely<unknown>,
  dialect: StoreDialect,
): Promise<void> {
  const { whole, tableEnd } = columnTypesOf(dialect);
  await db.schema
    .createTable('session_messages')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('session_id', 'text', (column) =>
      column.notNull().references('sessions.id').onDelete('cascade'),
    )
    .addColumn('sender', 'text')
    .addColumn('text', 'text', (column) => column.notNull())
    .addColumn('sent_at', whole, (column) => column.notNull())
    .addColumn('read_at', whole)
    .modifyEnd(tableEnd)
    .execute();
  await db.schema
    .createIndex('session_messages_by_session')
    .on('session_messages')
    .column('session_id')
    .execute();
  if (dialect === 'sqlite') await sql`pragma user_version = 6`.execute(db);
}
