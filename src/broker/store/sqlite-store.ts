import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { CodedError } from '../../contract/errors.ts';
import { asStoreError } from '../../desktops/sqlite-error.ts';
import { keepPrivate } from './keep-private.ts';
import { migrate } from './migrate.ts';
import { busyTimeoutMs, createNodeSqliteDialect } from './node-sqlite-dialect.ts';
import type { Tables } from './schema.ts';
import type { Store, StoreOptions } from './store.ts';

export function sqliteFile(dataDir: string): string {
  return join(dataDir, 'broker.sqlite');
}

/**
 * What was committed survives a crash of the process and of the machine (WAL with
 * `synchronous = full`).
 * @throws store-damaged, with the file left as it is; disk-full
 */
export async function openSqlite(
  dataDir: string,
  { thorough = false, admit }: StoreOptions,
): Promise<Store> {
  const file = sqliteFile(dataDir);
  if (!existsSync(file)) await admitNone(admit);
  let database: DatabaseSync | null = null;
  try {
    makePrivate(file);
    database = new DatabaseSync(file, {
      timeout: busyTimeoutMs,
      enableForeignKeyConstraints: true,
    });
    database.exec('pragma journal_mode = wal; pragma synchronous = full');
    if (thorough) assertSound(database);
    const db = new Kysely<Tables>({ dialect: createNodeSqliteDialect(database) });
    await admit?.(db);
    await migrate(db, 'sqlite');
    // Not db.destroy(): it leaves the database open when no query was ever run.
    return { db, dialect: 'sqlite', close: closingOnce(database) };
  } catch (error) {
    database?.close();
    throw inFile(asStoreError(error), file);
  }
}

/** So that what is refused is not there afterwards. */
async function admitNone(admit: StoreOptions['admit']): Promise<void> {
  const database = new DatabaseSync(':memory:');
  try {
    await admit?.(new Kysely<Tables>({ dialect: createNodeSqliteDialect(database) }));
  } finally {
    database.close();
  }
}

/** SQLite gives the files beside it the permissions that this one has. */
function makePrivate(file: string): void {
  closeSync(openSync(file, 'a', 0o600));
  keepPrivate(file);
}

function closingOnce(database: DatabaseSync): () => Promise<void> {
  return async () => {
    if (database.isOpen) database.close();
  };
}

function assertSound(database: DatabaseSync): void {
  const [row] = database.prepare('pragma quick_check(1)').all();
  const finding = row?.quick_check;
  if (finding !== 'ok') throw new CodedError('store-damaged', { detail: String(finding) });
}

function inFile(error: unknown, file: string): unknown {
  if (!(error instanceof CodedError)) return error;
  return new CodedError(error.code, { detail: `${file}: ${error.detail}`, cause: error.cause });
}
