import { CodedError } from '../../contract/errors.ts';
import { migrate } from './migrate.ts';
import { createPostgresDialect } from './postgres-dialect.ts';
import { SerialDatabase } from './serial-database.ts';
import type { Store, StoreOptions } from './store.ts';

/**
 * The database is the broker's own: nothing else has tables in it.
 * @param url `postgres://user:password@host:port/database`; never told in an error
 * @throws store-unreachable, store-damaged
 */
export async function openPostgres(url: string, { admit }: StoreOptions): Promise<Store> {
  assertAddress(url);
  const db = new SerialDatabase({ dialect: createPostgresDialect(url) });
  try {
    await admit?.(db);
    await migrate(db, 'postgres');
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return { db, dialect: 'postgres', close: () => db.destroy() };
}

/** @throws store-unreachable */
export function assertAddress(url: string): void {
  if (/^postgres(ql)?:\/\//.test(url)) return;
  throw new CodedError('store-unreachable', { detail: 'its address has to be postgres://…' });
}
