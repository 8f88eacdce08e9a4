import { mkdirSync } from 'node:fs';
import type { Kysely } from 'kysely';
import { CodedError } from '../../contract/errors.ts';
import { keepPrivate } from './keep-private.ts';
import type { StoreDialect } from './migrations/column-types.ts';
import { openPostgres } from './postgres-store.ts';
import type { Tables } from './schema.ts';
import { openSqlite } from './sqlite-store.ts';
import { noteFile, readNote, type StoreNote, writeNote } from './store-note.ts';
import { findStoreId, readStoreRow } from './store-row.ts';

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

export type StoreOptions = {
  /** Reads all of it, to find what a disk has spoilt: for the start of a broker. */
  thorough?: boolean;
  /** Called with the store before it is changed in any way. */
  admit?: (db: Database) => Promise<void>;
};

/**
 * Opens the store that the data folder is of, and makes it in a folder that is of none yet.
 * @throws store-foreign, where it would be another; store-damaged, with everything left as it is;
 *   store-unreachable; disk-full
 */
export async function openStore(location: StoreLocation, thorough = false): Promise<Store> {
  const { dataDir } = location;
  const dialect = dialectOf(location);
  makeDataFolder(dataDir);
  const note = await readNote(dataDir);
  if (note !== null && note.dialect !== dialect) throw foreign(location, note);
  const store = await openAnyStore(location, {
    thorough,
    admit: async (db) => {
      if (note !== null && (await findStoreId(db)) !== note.storeId) throw foreign(location, note);
    },
  });
  try {
    const { store_id: storeId } = await readStoreRow(store.db);
    if (note === null) await writeNote(dataDir, { dialect, storeId });
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Opens whatever store is there, also one that the data folder is not of. */
export function openAnyStore(location: StoreLocation, options: StoreOptions = {}): Promise<Store> {
  const { dataDir, databaseUrl } = location;
  makeDataFolder(dataDir);
  return databaseUrl === undefined
    ? openSqlite(dataDir, options)
    : openPostgres(databaseUrl, options);
}

export function dialectOf({ databaseUrl }: StoreLocation): StoreDialect {
  return databaseUrl === undefined ? 'sqlite' : 'postgres';
}

export function makeDataFolder(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  keepPrivate(dataDir);
}

/** What was meant is said by both: where it looked, and what it was looking for. */
function foreign(location: StoreLocation, { dialect }: StoreNote): CodedError {
  const meant = dialect === dialectOf(location) ? 'another' : `one in ${products[dialect]}`;
  const found = products[dialectOf(location)];
  return new CodedError('store-foreign', {
    detail: `${noteFile(location.dataDir)} names ${meant}; this one is in ${found}`,
  });
}

const products = { sqlite: 'SQLite', postgres: 'PostgreSQL' } as const;
