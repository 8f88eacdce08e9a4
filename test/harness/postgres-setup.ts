import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { openStore } from '../../src/broker/store/store.ts';
import { forgetful, postgresPrograms, startPostgres } from './postgres.ts';

/** One server for all tests of a project, each of which has databases of its own. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (postgresPrograms() === null) {
    project.provide('postgres', null);
    return undefined;
  }
  const server = await startPostgres([...forgetful, 'max_connections=200']);
  // Copying a store is many times faster than making one.
  const dataDir = await mkdtemp(path.join(tmpdir(), 'template-'));
  const store = await openStore({ dataDir, databaseUrl: server.url });
  await store.close();
  await rm(dataDir, { recursive: true });
  project.provide('postgres', server.url);
  return () => server.dispose();
}
