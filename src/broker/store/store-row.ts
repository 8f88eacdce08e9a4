import type { Selectable } from 'kysely';
import type { StoreTable } from './schema.ts';
import type { Database } from './store.ts';

/** What tells this store from every other; null where there is no store yet. */
export async function findStoreId(db: Database): Promise<string | null> {
  const tables = await db.introspection.getTables();
  if (!tables.some(({ name }) => name === 'store')) return null;
  return (await readStoreRow(db)).store_id;
}

export function readStoreRow(db: Database): Promise<Selectable<StoreTable>> {
  return db.selectFrom('store').selectAll().executeTakeFirstOrThrow();
}
