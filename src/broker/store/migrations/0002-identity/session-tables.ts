import { type Kysely, sql } from 'kysely';
import type { ColumnTypes, StoreDialect } from '../column-types.ts';

/** Sessions outlive their user and their desktop, so that what happened can still be read. */
export async function makeSessions(
  db: Kysely<unknown>,
  dialect: StoreDialect,
  { whole, real, tableEnd }: ColumnTypes,
): Promise<void> {
  await db.schema
    .createTable('sessions')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('username', 'text', (column) => column.notNull())
    .addColumn('desktop_id', 'text', (column) => column.notNull())
    .addColumn('desktop_name', 'text', (column) => column.notNull())
    .addColumn('engine', 'text', (column) => column.notNull())
    .addColumn('image', 'text', (column) => column.notNull())
    .addColumn('terminal_id', 'text', (column) => column.references('terminals.id'))
    .addColumn('state', 'text', (column) =>
      column.notNull().check(sql`state in ('starting', 'running', 'ending', 'ended', 'failed')`),
    )
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('started_at', whole, (column) => column.notNull())
    .addColumn('expires_at', whole, (column) => column.notNull())
    .addColumn('used_at', whole, (column) => column.notNull())
    .addColumn('ended_at', whole)
    .addColumn('end_asked_at', whole)
    .addColumn('accelerator', 'text')
    .addColumn('problem', 'text')
    .addColumn('console_log', 'text')
    .addColumn('qemu_log', 'text')
    .modifyEnd(tableEnd)
    .execute();
  await db.schema
    .createIndex('one_live_session_of_user_on_desktop')
    .unique()
    .on('sessions')
    .columns(['user_id', 'desktop_id'])
    .where(sql<boolean>`state in ('starting', 'running')`)
    .execute();
  await db.schema.createIndex('sessions_by_state').on('sessions').column('state').execute();
  await db.schema
    .createIndex('sessions_by_start')
    .on('sessions')
    .columns(['started_at', 'id'])
    .execute();

  await db.schema
    .createTable('step_durations')
    .addColumn('id', 'integer', (column) =>
      dialect === 'sqlite'
        ? column.primaryKey()
        : column.primaryKey().generatedByDefaultAsIdentity(),
    )
    .addColumn('session_id', 'text', (column) =>
      column.notNull().references('sessions.id').onDelete('cascade'),
    )
    .addColumn('engine', 'text', (column) => column.notNull())
    .addColumn('image', 'text', (column) => column.notNull())
    .addColumn('step', 'text', (column) => column.notNull())
    .addColumn('duration_ms', real, (column) => column.notNull())
    .modifyEnd(tableEnd)
    .execute();
  await db.schema
    .createIndex('step_durations_of_image')
    .on('step_durations')
    .columns(['engine', 'image', 'step'])
    .execute();
  await db.schema
    .createIndex('step_durations_of_session')
    .on('step_durations')
    .column('session_id')
    .execute();
}
