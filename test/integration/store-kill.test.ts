import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuditLog } from '../../src/broker/audit/audit-log.ts';
import type { StoreLocation } from '../../src/broker/store/store.ts';
import { systemClock } from '../../src/contract/clock.ts';
import { withStore } from './filled-store.ts';
import { databases, missingDatabase, type Stores, startStores } from './store-databases.ts';

/** How often it is killed; more with PORTHOLE_KILL_ROUNDS. */
const rounds = Number(process.env.PORTHOLE_KILL_ROUNDS ?? 12);

/** The longest that a writer lives on after its first write. */
const longestLifeMs = 150;

const program = path.join(import.meta.dirname, 'store-writer.ts');

describe.each(databases)('a store in %s', (kind) => {
  const missing = missingDatabase(kind);
  if (missing !== null) {
    it.skip(missing);
    return;
  }
  let stores: Stores;
  let location: StoreLocation;
  beforeAll(async () => {
    stores = await startStores(kind);
    location = await stores.place();
  });
  afterAll(() => stores.dispose());

  it('loses nothing that it said it had, whenever it is killed', async () => {
    const acknowledged = new Set<string>();
    for (let round = 0; round < rounds; round += 1) {
      // Every third time it is the server of the database that dies first.
      const server = round % 3 === 2 ? stores.server : null;
      for (const id of await killedWriter(location, () => server?.crash())) acknowledged.add(id);
      await server?.start();
      const { groups, told, verification } = await withStore(location, async ({ db }) => ({
        groups: await db.selectFrom('groups').select('id').where('built_in', '=', 0).execute(),
        told: await db.selectFrom('audit_events').select('event').execute(),
        verification: await createAuditLog({ db, clock: systemClock }).verify(),
      }));
      const there = new Set(groups.map(({ id }) => id));
      expect([...acknowledged].filter((id) => !there.has(id))).toEqual([]);
      // Each group with its entry, and no more than the one on the way was not acknowledged.
      const targets = told.map(({ event }): string => JSON.parse(event).target.id);
      expect(targets.toSorted()).toEqual([...there].toSorted());
      expect(verification).toMatchObject({ sound: true, events: there.size });
      expect(there.size - acknowledged.size).toBeLessThanOrEqual(1);
      for (const id of there) acknowledged.add(id);
    }
    expect(acknowledged.size).toBeGreaterThan(rounds);
  }, 300_000);
});

/** @returns what a writer had acknowledged when it was killed, at some moment after its first */
async function killedWriter(
  { dataDir, databaseUrl }: StoreLocation,
  killBefore: () => Promise<void> | undefined,
): Promise<string[]> {
  const { DATABASE_URL: _, ...env } = process.env;
  const writer = spawn(process.execPath, [program, dataDir], {
    env: databaseUrl === undefined ? env : { ...env, DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ids: string[] = [];
  const lines = createInterface({ input: writer.stdout }).on('line', (id) => void ids.push(id));
  const closed = once(lines, 'close');
  const ended = once(writer, 'exit');
  await once(lines, 'line');
  await pause(Math.random() * longestLifeMs);
  await killBefore();
  writer.kill('SIGKILL');
  await Promise.all([ended, closed]);
  return ids;
}
