import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../column-types.ts';

/** What oidc-provider keeps. */
export async function makeOidcArtifacts(
  db: Kysely<unknown>,
  { whole, tableEnd }: ColumnTypes,
): Promise<void> {
  await db.schema
    .createTable('oidc_artifacts')
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('payload', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text')
    .addColumn('grant_id', 'text')
    .addColumn('user_code', 'text')
    .addColumn('uid', 'text')
    .addColumn('created_at', whole, (column) => column.notNull())
    .addColumn('expires_at', whole)
    .addColumn('consumed_at', whole)
    .addPrimaryKeyConstraint('oidc_artifacts_key', ['model', 'id'])
    .modifyEnd(tableEnd)
    .execute();
  for (const column of ['account_id', 'grant_id', 'user_code', 'uid', 'expires_at']) {
    await db.schema
      .createIndex(`oidc_artifacts_by_${column}`)
      .on('oidc_artifacts')
      .column(column)
      .execute();
  }
}
