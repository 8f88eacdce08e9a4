import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type SqliteStatement,
  type TransactionSettings,
} from 'kysely';
import { asStoreError, isBusy } from '../../desktops/sqlite-error.ts';

/** How long a write waits for the command line, or the broker, to finish its own. */
export const busyTimeoutMs = 5_000;
const busyPauseMs = 5;

/** Runs Kysely's queries on Node's own SQLite, which has the shape of better-sqlite3 but for this. */
export function createNodeSqliteDialect(database: DatabaseSync): Dialect {
  return {
    createAdapter: () => new TransactionalAdapter(),
    createDriver: () => new ImmediateDriver(database),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** Kysely would run migrations outside of a transaction, though SQLite can undo them. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/**
 * A transaction that reads first and then writes fails at once, whatever the busy timeout, when
 * another process (the command line) wrote in between. Taking the write lock at the start waits:
 * without standing still meanwhile, as SQLite would.
 */
class ImmediateDriver extends SqliteDriver {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    super({ database: adaptDatabase(database) });
    this.#database = database;
  }

  override async beginTransaction(
    connection: DatabaseConnection,
    { accessMode }: TransactionSettings = {},
  ): Promise<void> {
    if (accessMode === 'read only') await connection.executeQuery(CompiledQuery.raw('begin'));
    else await beginImmediate(this.#database);
  }
}

async function beginImmediate(database: DatabaseSync): Promise<void> {
  const end = performance.now() + busyTimeoutMs;
  while (!tryBegin(database, performance.now() > end)) await pause(busyPauseMs);
}

/** @returns false where another has the lock; with `last` that is an error */
function tryBegin(database: DatabaseSync, last: boolean): boolean {
  try {
    database.exec('pragma busy_timeout = 0; begin immediate');
    return true;
  } catch (error) {
    if (isBusy(error) && !last) return false;
    throw asStoreError(error);
  } finally {
    database.exec(`pragma busy_timeout = ${busyTimeoutMs}`);
  }
}

function adaptDatabase(database: DatabaseSync): SqliteDatabase {
  return {
    close: () => database.close(),
    prepare: (sql) => withStoreErrors(() => adaptStatement(database, sql)),
  };
}

function adaptStatement(database: DatabaseSync, sql: string): SqliteStatement {
  const statement = database.prepare(sql);
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => withStoreErrors(() => statement.all(...values(parameters))),
    run: (parameters) => withStoreErrors(() => statement.run(...values(parameters))),
    iterate: (parameters) => statement.iterate(...values(parameters)),
  };
}

/** The table types of schema.ts allow nothing but strings, numbers and null into a query. */
function values(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters as SQLInputValue[];
}

function withStoreErrors<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw asStoreError(error);
  }
}
