import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { StoreLocation } from '../../src/broker/store/store.ts';
import { copyOf } from '../harness/postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A PostgreSQL database with an empty store, which tests have copies of; null without PostgreSQL. */
    postgres: string | null;
  }
}

/** Where the store of this data folder is: in SQLite, or where the tests are run on PostgreSQL there. */
export async function storePlace(dataDir: string): Promise<StoreLocation> {
  const server = inject('postgres') ?? null;
  if (server === null) return { dataDir };
  // A broker that is started again has the store that it had.
  const noted = join(dataDir, 'database-url');
  if (!existsSync(noted)) writeFileSync(noted, await copyOf(server));
  return { dataDir, databaseUrl: readFileSync(noted, 'utf8') };
}
