import { chmod, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/broker/config.ts';
import { createLog } from '../../src/broker/log.ts';
import { type Broker, startBroker } from '../../src/broker/main.ts';
import { openStore, type StoreLocation } from '../../src/broker/store/store.ts';
import { FakeHost } from '../fakes/fake-host.ts';
import { withStore } from './filled-store.ts';
import { databases, missingDatabase, type Stores, startStores } from './store-databases.ts';

describe.each(databases)('a data folder whose store is in %s', (kind) => {
  const missing = missingDatabase(kind);
  if (missing !== null) {
    it.skip(missing);
    return;
  }
  let stores: Stores;
  let location: StoreLocation;
  const brokers: Broker[] = [];
  beforeAll(async () => {
    stores = await startStores(kind);
  });
  afterAll(() => stores.dispose());
  beforeEach(async () => {
    location = await stores.place();
  });
  afterEach(async () => {
    for (const broker of brokers.splice(0)) await broker.close();
  });

  async function start(at: StoreLocation): Promise<Broker> {
    const { dataDir, databaseUrl } = at;
    const folders = { dataDir, runtimeDir: dataDir, cacheDir: dataDir };
    const broker = await startBroker(parseConfig({ port: 0 }, folders), {
      log: createLog({ write: () => undefined }),
      databaseUrl,
      openHost: async () => new FakeHost().opened(),
    });
    brokers.push(broker);
    return broker;
  }

  const actions = () =>
    withStore(location, async ({ db }) => {
      const rows = await db.selectFrom('audit_events').select('action').orderBy('number').execute();
      return rows.map(({ action }) => action);
    });

  it('is for its owner alone', async () => {
    await withStore(location, async () => undefined);
    await chmod(location.dataDir, 0o755);
    const files = kind === 'sqlite' ? ['broker.sqlite', 'store.json'] : ['store.json'];
    for (const file of files) await chmod(path.join(location.dataDir, file), 0o644);
    await withStore(location, async () => undefined);
    expect((await stat(location.dataDir)).mode & 0o777).toBe(0o700);
    if (kind === 'postgres') return;
    expect((await stat(path.join(location.dataDir, 'broker.sqlite'))).mode & 0o777).toBe(0o600);
  });

  it('is served with no other store, which is left alone', async () => {
    await withStore(location, async () => undefined);
    const other = await stores.place();
    await withStore(other, async () => undefined);
    const mixed =
      kind === 'sqlite'
        ? { dataDir: location.dataDir, databaseUrl: 'postgres://nowhere.invalid/none' }
        : { dataDir: location.dataDir, databaseUrl: other.databaseUrl };
    await expect(openStore(mixed)).rejects.toMatchObject({ code: 'store-foreign' });
    await expect(start(mixed)).rejects.toMatchObject({ code: expect.stringMatching(/^store-/) });
    await expect(stat(path.join(location.dataDir, 'keys'))).rejects.toThrow('ENOENT');
    await withStore(location, async () => undefined);
  });

  it('is served with no empty store in place of its own', async () => {
    await withStore(location, async () => undefined);
    const { dataDir } = location;
    const file = path.join(dataDir, 'broker.sqlite');
    if (kind === 'sqlite') await rm(file);
    const fresh = kind === 'sqlite' ? undefined : await stores.server?.createDatabase();
    const place = { dataDir, databaseUrl: fresh };
    await expect(start(place)).rejects.toMatchObject({ code: 'store-foreign' });
    // Without DATABASE_URL, as somebody forgets it.
    await expect(start({ dataDir })).rejects.toMatchObject({ code: 'store-foreign' });
    await expect(readFile(file)).rejects.toThrow('ENOENT');
  });

  it('says when its broker was started and stopped', async () => {
    const broker = await start(location);
    expect(await actions()).toEqual(['broker.started']);
    await broker.close();
    expect(await actions()).toEqual(['broker.started', 'broker.stopped']);
  });

  if (kind === 'postgres') {
    it('keeps the database for one broker, wherever the other has its folder', async () => {
      const broker = await start(location);
      const elsewhere = { ...(await stores.place()), databaseUrl: location.databaseUrl };
      await expect(start(elsewhere)).rejects.toMatchObject({ code: 'broker-running' });
      await broker.close();
      await start(elsewhere);
    });

    it('keeps it when the server was away, or gives it up to the broker that has it', async () => {
      const broker = await start(location);
      const elsewhere = { ...(await stores.place()), databaseUrl: location.databaseUrl };
      await stores.server?.crash();
      await stores.server?.start();
      const second = await start(elsewhere).catch((error: unknown) => error);
      if (second instanceof Error) expect(second).toMatchObject({ code: 'broker-running' });
      else expect(await broker.displaced).toMatchObject({ code: 'broker-running' });
    });
  }
});
