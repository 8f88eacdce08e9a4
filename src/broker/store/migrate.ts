import { type Kysely, type Migration, Migrator } from 'kysely';
import { CodedError } from '../../contract/errors.ts';
import { makeDesktops } from './migrations/0001-desktops.ts';
import { makeIdentity } from './migrations/0002-identity/identity.ts';
import { makeVirtualization } from './migrations/0003-pools/pools.ts';
import { noteKeptDisks } from './migrations/0004-kept-disks.ts';
import { addSessionPolicy } from './migrations/0005-session-policy.ts';
import type { StoreDialect } from './migrations/column-types.ts';
import type { Database } from './store.ts';

type Step = (db: Kysely<unknown>, dialect: StoreDialect) => Promise<void>;

/** In the order of their names. Never edit one; add one. */
const steps: Readonly<Record<string, Step>> = {
  '0001-desktops': makeDesktops,
  '0002-identity': makeIdentity,
  '0003-pools': makeVirtualization,
  '0004-kept-disks': noteKeptDisks,
  '0005-session-policy': addSessionPolicy,
};

/** What a store of this version has been through. */
export const migrationNames: readonly string[] = Object.keys(steps);

type MigrationTables = { kysely_migration: { name: string; timestamp: string } };

/**
 * Brings the store to the newest version, all or nothing, also while another process does so.
 * @throws store-damaged when a newer version of Porthole wrote it
 */
export async function migrate(db: Database, dialect: StoreDialect): Promise<void> {
  const done = await executedMigrations(db);
  if (done.some((name) => !migrationNames.includes(name))) {
    throw new CodedError('store-damaged', {
      detail: 'it was written by a newer version of Porthole',
    });
  }
  if (done.length === migrationNames.length) return;
  const provider = { getMigrations: async () => migrationsFor(dialect) };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) throw error;
}

async function executedMigrations(db: Database): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === 'kysely_migration')) return [];
  const rows = await db
    .withTables<MigrationTables>()
    .selectFrom('kysely_migration')
    .select('name')
    .execute();
  return rows.map(({ name }) => name);
}

function migrationsFor(dialect: StoreDialect): Record<string, Migration> {
  return Object.fromEntries(
    Object.entries(steps).map(([name, step]) => [name, { up: (db) => step(db, dialect) }]),
  );
}
