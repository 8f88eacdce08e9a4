import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { StoreLocation } from '../../src/broker/store/store.ts';
import type { AsyncDisposable } from '../../src/contract/disposable.ts';
import { type Postgres, postgresPrograms, startPostgres } from '../harness/postgres.ts';

/** The databases that a store may be in, each of them the real one. */
export const databases = ['sqlite', 'postgres'] as const;
export type DatabaseKind = (typeof databases)[number];

/** Why there can be no stores in this database on this machine; null where there can. */
export function missingDatabase(kind: DatabaseKind): string | null {
  if (kind === 'sqlite' || postgresPrograms() !== null) return null;
  return 'PostgreSQL is not installed: apt-get install postgresql';
}

export type Stores = AsyncDisposable & {
  /** The server; null for SQLite, which has none. */
  readonly server: Postgres | null;
  /** A data folder of its own, and an empty database. */
  place(): Promise<StoreLocation>;
};

export async function startStores(kind: DatabaseKind): Promise<Stores> {
  const server = kind === 'postgres' ? await startPostgres() : null;
  const home = await mkdtemp(path.join(tmpdir(), 'stores-'));
  return {
    server,
    place: async () => {
      const dataDir = await mkdtemp(path.join(home, 'data-'));
      return { dataDir, databaseUrl: await server?.createDatabase() };
    },
    dispose: async () => {
      await server?.dispose();
      await rm(home, { recursive: true, force: true });
    },
  };
}
