import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backUpBroker } from '../../src/broker/backup/backups.ts';
import { settleRestore } from '../../src/broker/backup/restore-journal.ts';
import { type Database, openStore, type StoreLocation } from '../../src/broker/store/store.ts';
import { systemClock } from '../../src/contract/clock.ts';
import { withStore } from './filled-store.ts';
import { databases, missingDatabase, type Stores, startStores } from './store-databases.ts';

const program = path.join(import.meta.dirname, 'doomed-restore.ts');

describe.each(databases)('a restore to %s', (kind) => {
  const missing = missingDatabase(kind);
  if (missing !== null) {
    it.skip(missing);
    return;
  }
  let stores: Stores;
  let file: string;
  beforeAll(async () => {
    stores = await startStores(kind);
    const source = await stores.place();
    await broker(source, 'backed up');
    file = path.join(source.dataDir, 'backup');
    await backUpBroker({ ...source, file, clock: systemClock });
  });
  afterAll(() => stores.dispose());

  it('is done, or was not begun, whenever it is killed', async () => {
    const outcomes: string[] = [];
    let step = 0;
    for (let killed = true; killed; ) {
      step += 1;
      const place = await stores.place();
      await broker(place, 'there before');
      killed = await killedRestore(place, step);
      outcomes.push(await nextStart(place));
    }
    // Each is one or the other, the store and its keys together, and one follows on the other.
    const done = outcomes.indexOf('backed up');
    expect(outcomes).toEqual(outcomes.map((_, at) => (at < done ? 'there before' : 'backed up')));
    expect(done).toBeGreaterThan(2);
    expect(outcomes.length - done).toBeGreaterThan(3);
  }, 120_000);

  async function killedRestore({ dataDir, databaseUrl }: StoreLocation, step: number) {
    const { DATABASE_URL: _, ...env } = process.env;
    const restoring = spawn(process.execPath, [program, dataDir, file, String(step)], {
      env: databaseUrl === undefined ? env : { ...env, DATABASE_URL: databaseUrl },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [code, signal] = await once(restoring, 'exit');
    if (signal === null) expect(code).toBe(0);
    return signal === 'SIGKILL';
  }
});

/** A broker that is called so, in its store and by its key. */
async function broker(place: StoreLocation, name: string): Promise<void> {
  const keys = path.join(place.dataDir, 'keys');
  await mkdir(keys, { mode: 0o700 });
  await writeFile(path.join(keys, 'identity.jwk'), name, { mode: 0o600 });
  await withStore(place, async ({ db }) => {
    await db.insertInto('groups').values({ id: 'name', name, built_in: 0 }).execute();
  });
}

/** Which broker the next one to start is, after it has put in order what was left. */
async function nextStart(place: StoreLocation): Promise<string> {
  await settleRestore(place);
  const store = await openStore(place);
  const name = await nameIn(store.db);
  await store.close();
  const keys = path.join(place.dataDir, 'keys');
  expect(await readFile(path.join(keys, 'identity.jwk'), 'utf8')).toBe(name);
  const left = (await readdir(place.dataDir)).filter((entry) =>
    /^(keys\..*|restore\.json)$/.test(entry),
  );
  expect(left).toEqual([]);
  return name;
}

async function nameIn(db: Database): Promise<string> {
  const row = await db.selectFrom('groups').select('name').where('id', '=', 'name').execute();
  return row.map(({ name }) => name).join();
}
