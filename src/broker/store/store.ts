import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { CodedError } from '../../contract/errors.ts';
import { asStoreError } from '../../desktops/sqlite-error.ts';
import { migrate } from './migrations.ts';
import { createNodeSqliteDialect } from './node-sqlite-dialect.ts';
import type { Tables } from './schema.ts';

export type Database = Kysely<Tables>;

export type Store = { readonly db: Database; close(): Promise<void> };

/** How long a write waits for the command line, or the broker, to finish its own. */
const busyTimeoutMs = 5_000;

/**
 * Opens the store of the broker, and makes it where there is none yet. What was committed survives
 * a crash of the process and of the machine (WAL with `synchronous = full`).
 * @throws store-damaged, with the file left as it is; disk-full.
 */
export function openStore(dataDir: string): Store {
  const file = join(dataDir, 'broker.sqlite');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(file, {
      timeout: busyTimeoutMs,
      enableForeignKeyConstraints: true,
    });
    database.exec('pragma journal_mode = wal; pragma synchronous = full');
    assertSound(database, file);
    migrate(database);
  } catch (error) {
    database?.close();
    throw asStoreError(error, file);
  }
  const db = new Kysely<Tables>({ dialect: createNodeSqliteDialect(database) });
  let closed = false;
  return {
    db,
    close: async () => {
      if (closed) return;
      closed = true;
      // Not db.destroy(): it leaves the database open when no query was ever run.
      database.close();
    },
  };
}

function assertSound(database: DatabaseSync, file: string): void {
  const [row] = database.prepare('pragma quick_check(1)').all();
  const finding = row?.quick_check;
  if (finding !== 'ok') throw new CodedError('store-damaged', { detail: `${file}: ${finding}` });
}
