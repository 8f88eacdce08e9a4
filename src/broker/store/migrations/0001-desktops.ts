import { type Kysely, sql } from 'kysely';
import { columnTypesOf, type StoreDialect } from './column-types.ts';

/** SQLite's own version of a store from before Kysely's table of migrations. */
const firstVersion = 1;

/**
 * Users, terminals, desktops and sessions, as the first brokers had them; but for the indexes, which
 * the next migration makes anew with their tables.
 */
export async function makeDesktops(db: Kysely<unknown>, dialect: StoreDialect): Promise<void> {
  if (dialect === 'sqlite' && (await userVersion(db)) === firstVersion) return;
  const { whole, real, tableEnd } = columnTypesOf(dialect);

  await db.schema
    .createTable('users')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('username', 'text', (column) => column.notNull().unique())
    .addColumn('display_name', 'text', (column) => column.notNull())
    .addColumn('password_hash', 'text', (column) => column.notNull())
    .addColumn('created_at', whole, (column) => column.notNull())
    .modifyEnd(tableEnd)
    .execute();

  await db.schema
    .createTable('terminals')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('refresh_hash', 'text', (column) => column.notNull().unique())
    .addColumn('enrolled_at', whole, (column) => column.notNull())
    .addColumn('seen_at', whole, (column) => column.notNull())
    .addColumn('locked_at', whole)
    .addColumn('revoked_at', whole)
    .modifyEnd(tableEnd)
    .execute();

  await db.schema
    .createTable('enrollment_codes')
    .addColumn('code_hash', 'text', (column) => column.primaryKey())
    .addColumn('expires_at', whole, (column) => column.notNull())
    .addColumn('used_at', whole)
    .addColumn('terminal_id', 'text')
    .modifyEnd(tableEnd)
    .execute();

  await db.schema
    .createTable('access_tokens')
    .addColumn('token_hash', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) =>
      column.notNull().references('users.id').onDelete('cascade'),
    )
    .addColumn('terminal_id', 'text', (column) =>
      column.notNull().references('terminals.id').onDelete('cascade'),
    )
    .addColumn('expires_at', whole, (column) => column.notNull())
    .modifyEnd(tableEnd)
    .execute();

  await db.schema
    .createTable('desktops')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('description', 'text', (column) => column.notNull())
    .addColumn('image', 'text', (column) => column.notNull())
    .addColumn('engine', 'text', (column) =>
      column.notNull().check(sql`engine in ('full', 'para')`),
    )
    .addColumn('memory_mb', 'integer', (column) => column.notNull().check(sql`memory_mb > 0`))
    .addColumn('cpus', 'integer', (column) => column.notNull().check(sql`cpus > 0`))
    .modifyEnd(tableEnd)
    .execute();

  await db.schema
    .createTable('entitlements')
    .addColumn('user_id', 'text', (column) =>
      column.notNull().references('users.id').onDelete('cascade'),
    )
    .addColumn('desktop_id', 'text', (column) =>
      column.notNull().references('desktops.id').onDelete('cascade'),
    )
    .addPrimaryKeyConstraint('entitlements_key', ['user_id', 'desktop_id'])
    .modifyEnd(tableEnd)
    .execute();

  await db.schema
    .createTable('sessions')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id'))
    .addColumn('desktop_id', 'text', (column) => column.notNull().references('desktops.id'))
    .addColumn('terminal_id', 'text', (column) => column.references('terminals.id'))
    .addColumn('state', 'text', (column) =>
      column.notNull().check(sql`state in ('starting', 'running', 'ending', 'ended', 'failed')`),
    )
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('started_at', whole, (column) => column.notNull())
    .addColumn('expires_at', whole, (column) => column.notNull())
    .addColumn('used_at', whole, (column) => column.notNull())
    .addColumn('ended_at', whole)
    .addColumn('accelerator', 'text')
    .addColumn('problem', 'text')
    .addColumn('console_log', 'text')
    .addColumn('qemu_log', 'text')
    .modifyEnd(tableEnd)
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
    .createTable('heartbeat')
    .addColumn('id', 'integer', (column) => column.primaryKey().check(sql`id = 1`))
    .addColumn('alive_at', whole, (column) => column.notNull())
    .modifyEnd(tableEnd)
    .execute();
}

async function userVersion(db: Kysely<unknown>): Promise<number | undefined> {
  const { rows } = await sql<{ user_version: number }>`pragma user_version`.execute(db);
  return rows[0]?.user_version;
}
