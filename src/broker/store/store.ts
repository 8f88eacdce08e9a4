import { mkdirSync } from 'node:fs';
import type { Kysely } from 'kysely';
import type { StoreDialect } from './migrations/column-types.ts';
import { openPostgres } from './postgres-store.ts';
import type { Tables } from './schema.ts';
import { openSqlite } from './sqlite-store.ts';

/**
 * Transactions that write come one after the other, also those of other processes. What one does
 * may be done again from its start, so it changes nothing but the database.
 */
export type Database = Kysely<Tables>;

export type Store = {
  readonly db: Database;
  readonly dialect: StoreDialect;
  /** Idempotent. */
  close(): Promise<void>;
};

export type StoreLocation = {
  dataDir: string;
  /** Of a PostgreSQL database; without it the store is a file in `dataDir`. Holds a password. */
  databaseUrl?: string | undefined;
};

/**
 * Opens the store of the broker, and makes it where there is none yet.
 * @throws store-damaged, with everything left as it is; store-unreachable; disk-full
 */
export async function openStore({ dataDir, databaseUrl }: StoreLocation): Promise<Store> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  return databaseUrl === undefined ? openSqlite(dataDir) : openPostgres(databaseUrl);
}
