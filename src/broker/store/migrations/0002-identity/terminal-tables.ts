import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from '../column-types.ts';

/** Terminals, what enrolls them, and who sits at them. */
export async function makeTerminals(
  db: Kysely<unknown>,
  { whole, tableEnd }: ColumnTypes,
): Promise<void> {
  await db.schema
    .createTable('terminal_groups')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .modifyEnd(tableEnd)
    .execute();

  await db.schema
    .createTable('terminals')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('version', 'text', (column) => column.notNull())
    .addColumn('vault', 'text', (column) =>
      column.notNull().check(sql`vault in ('keychain', 'file', 'memory')`),
    )
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('group_id', 'text', (column) =>
      column.references('terminal_groups.id').onDelete('set null'),
    )
    .addColumn('account_user_id', 'text', (column) =>
      column.references('users.id').onDelete('set null'),
    )
    .addColumn('account_desktop_id', 'text', (column) =>
      column.references('desktops.id').onDelete('set null'),
    )
    .addColumn('enrolled_at', whole, (column) => column.notNull())
    .addColumn('enrolled_by', 'text', (column) => column.notNull())
    .addColumn('enrollment_token_id', 'text')
    .addColumn('seen_at', whole, (column) => column.notNull())
    .addColumn('locked_at', whole)
    .addColumn('revoked_at', whole)
    .modifyEnd(tableEnd)
    .execute();

  await db.schema
    .createTable('enrollment_tokens')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('label', 'text', (column) => column.notNull())
    .addColumn('token_hash', 'text', (column) => column.notNull().unique())
    .addColumn('group_id', 'text', (column) =>
      column.references('terminal_groups.id').onDelete('set null'),
    )
    .addColumn('uses_left', 'integer', (column) => column.notNull().check(sql`uses_left >= 0`))
    .addColumn('created_at', whole, (column) => column.notNull())
    .addColumn('expires_at', whole, (column) => column.notNull())
    .addColumn('revoked_at', whole)
    .modifyEnd(tableEnd)
    .execute();

  await db.schema
    .createTable('seats')
    .addColumn('terminal_id', 'text', (column) =>
      column.primaryKey().references('terminals.id').onDelete('cascade'),
    )
    .addColumn('user_id', 'text', (column) =>
      column.notNull().references('users.id').onDelete('cascade'),
    )
    .addColumn('grant_id', 'text', (column) => column.notNull().unique())
    .addColumn('expires_at', whole, (column) => column.notNull())
    .modifyEnd(tableEnd)
    .execute();
  await db.schema.createIndex('seats_of_user').on('seats').column('user_id').execute();
}
