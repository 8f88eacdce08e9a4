import { type Kysely, sql } from 'kysely';
import type { ColumnTypes } from '../column-types.ts';

/** Users, what they are members of, and what that allows them. */
export async function makeAccess(
  db: Kysely<unknown>,
  { whole, tableEnd }: ColumnTypes,
): Promise<void> {
  await db.schema
    .createTable('users')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('username', 'text', (column) => column.notNull().unique())
    .addColumn('display_name', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) =>
      column.notNull().check(sql`kind in ('person', 'terminal')`),
    )
    .addColumn('password_hash', 'text')
    .addColumn('identity_provider', 'text')
    .addColumn('subject', 'text')
    .addColumn('totp_secret', 'text')
    .addColumn('totp_step', whole)
    .addColumn('totp_required', 'integer', (column) =>
      column.notNull().check(sql`totp_required in (0, 1)`),
    )
    .addColumn('disabled_at', whole)
    .addColumn('created_at', whole, (column) => column.notNull())
    .addUniqueConstraint('users_of_identity_provider', ['identity_provider', 'subject'])
    .modifyEnd(tableEnd)
    .execute();

  await db.schema
    .createTable('groups')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('built_in', 'integer', (column) => column.notNull().check(sql`built_in in (0, 1)`))
    .modifyEnd(tableEnd)
    .execute();

  await db.schema
    .createTable('group_members')
    .addColumn('group_id', 'text', (column) =>
      column.notNull().references('groups.id').onDelete('cascade'),
    )
    .addColumn('user_id', 'text', (column) =>
      column.notNull().references('users.id').onDelete('cascade'),
    )
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('claim', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('group_members_key', ['group_id', 'user_id', 'source', 'claim'])
    .modifyEnd(tableEnd)
    .execute();
  await db.schema
    .createIndex('group_members_of_user')
    .on('group_members')
    .column('user_id')
    .execute();

  await db.schema
    .createTable('group_claims')
    .addColumn('group_id', 'text', (column) =>
      column.notNull().references('groups.id').onDelete('cascade'),
    )
    .addColumn('identity_provider', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('group_claims_key', ['group_id', 'identity_provider', 'value'])
    .modifyEnd(tableEnd)
    .execute();

  await db.schema
    .createTable('roles')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('built_in', 'integer', (column) => column.notNull().check(sql`built_in in (0, 1)`))
    .addColumn('permissions', 'text', (column) => column.notNull())
    .modifyEnd(tableEnd)
    .execute();

  await db.schema
    .createTable('group_roles')
    .addColumn('group_id', 'text', (column) =>
      column.notNull().references('groups.id').onDelete('cascade'),
    )
    .addColumn('role_id', 'text', (column) =>
      column.notNull().references('roles.id').onDelete('cascade'),
    )
    .addPrimaryKeyConstraint('group_roles_key', ['group_id', 'role_id'])
    .modifyEnd(tableEnd)
    .execute();

  await db.schema
    .createTable('entitlements')
    .addColumn('group_id', 'text', (column) =>
      column.notNull().references('groups.id').onDelete('cascade'),
    )
    .addColumn('desktop_id', 'text', (column) =>
      column.notNull().references('desktops.id').onDelete('cascade'),
    )
    .addPrimaryKeyConstraint('entitlements_key', ['group_id', 'desktop_id'])
    .modifyEnd(tableEnd)
    .execute();
}
