import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, Migrator, sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeDesktops } from '../../src/broker/store/migrations/0001-desktops.ts';
import { makeIdentity } from '../../src/broker/store/migrations/0002-identity/identity.ts';
import { createNodeSqliteDialect } from '../../src/broker/store/node-sqlite-dialect.ts';
import { createPostgresDialect } from '../../src/broker/store/postgres-dialect.ts';
import { sqliteFile } from '../../src/broker/store/sqlite-store.ts';
import { openStore, type Store, type StoreLocation } from '../../src/broker/store/store.ts';
import { usualSessionPolicy } from '../../src/contract/session-policy.ts';
import { type DatabaseKind, databases, missingDatabase, startStores } from './store-databases.ts';

const [group, role, desktop, shared] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
const [running, over, user] = [randomUUID(), randomUUID(), randomUUID()];

function openBare(kind: DatabaseKind, { dataDir, databaseUrl = '' }: StoreLocation) {
  const dialect =
    kind === 'sqlite'
      ? createNodeSqliteDialect(
          new DatabaseSync(sqliteFile(dataDir), { enableForeignKeyConstraints: true }),
        )
      : createPostgresDialect(databaseUrl);
  return new Kysely<unknown>({ dialect });
}

/** A store as brokers left it that knew desktops, and no pools. */
async function writeDesktopStore(kind: DatabaseKind, location: StoreLocation): Promise<void> {
  const db = openBare(kind, location);
  const migrations = {
    '0001-desktops': { up: (each: Kysely<unknown>) => makeDesktops(each, kind) },
    '0002-identity': { up: (each: Kysely<unknown>) => makeIdentity(each, kind) },
  };
  const provider = { getMigrations: async () => migrations };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) throw error;
  const permissions = JSON.stringify(['desktops.use', 'desktops.read', 'desktops.manage']);
  await sql`insert into groups values (${group}, 'Staff', 0)`.execute(db);
  await sql`insert into roles values (${role}, 'Caretaker', 0, ${permissions})`.execute(db);
  for (const [id, engine] of [
    [desktop, 'para'],
    [shared, 'full'],
  ]) {
    await sql`insert into desktops values (${id}, 'Office', 'For all', 'debian', ${engine}, 512, 2)`.execute(
      db,
    );
    await sql`insert into entitlements values (${group}, ${id})`.execute(db);
  }
  await sql`
    insert into terminals
      (id, name, model, version, vault, address, account_desktop_id, enrolled_at, enrolled_by, seen_at)
    values ('t', 'Kiosk', 'm', '1', 'file', '192.0.2.1', ${desktop}, 1, 'ada', 1)`.execute(db);
  for (const [id, state] of [
    [running, 'running'],
    [over, 'failed'],
  ]) {
    await sql`
      insert into sessions
        (id, user_id, username, desktop_id, desktop_name, engine, image, state, revision,
         started_at, expires_at, used_at)
      values (${id}, ${user}, 'ada', ${desktop}, 'Office', 'para', 'debian', ${state}, 1, 1, 9, 1)`.execute(
      db,
    );
  }
  await sql`
    insert into step_durations (session_id, engine, image, step, duration_ms)
    values (${running}, 'para', 'debian', 'booting', 12.5)`.execute(db);
  await db.destroy();
}

describe.each(databases)('a store of brokers without pools in %s', (kind) => {
  const missing = missingDatabase(kind);
  if (missing !== null) {
    it.skip(missing);
    return;
  }
  let stores: Awaited<ReturnType<typeof startStores>>;
  let store: Store;
  beforeAll(async () => {
    stores = await startStores(kind);
  });
  afterAll(() => stores.dispose());
  beforeEach(async () => {
    const location = await stores.place();
    await writeDesktopStore(kind, location);
    store = await openStore(location);
  });
  afterEach(() => store.close());

  it('has a pool that keeps nothing for each desktop, open to the same groups', async () => {
    const pools = await store.db.selectFrom('pools').selectAll().orderBy('engine').execute();
    const alike = {
      name: 'Office',
      description: 'For all',
      image: 'debian',
      memory_mb: 512,
      cpus: 2,
      cpu_weight: 100,
      network: '{"kind":"none"}',
      persistence: 'non-persistent',
      spares: 0,
      instant_clones: 1,
      suspend_after_minutes: null,
      home_mb: 256,
      policy: JSON.stringify(usualSessionPolicy),
    };
    expect(pools).toEqual([
      { id: shared, engine: 'full', ...alike },
      { id: desktop, engine: 'para', ...alike },
    ]);
    const entitled = await store.db.selectFrom('entitlements').selectAll().execute();
    expect(new Set(entitled.map(({ pool_id }) => pool_id))).toEqual(new Set([desktop, shared]));
    const [terminal] = await store.db.selectFrom('terminals').selectAll().execute();
    expect(terminal?.account_desktop_id).toBe(desktop);
  });

  it('goes on with sessions, whose machines are called like them', async () => {
    const sessions = await store.db
      .selectFrom('sessions')
      .select(['id', 'machine_id', 'state'])
      .orderBy('state')
      .execute();
    expect(sessions).toEqual([
      { id: over, machine_id: over, state: 'failed' },
      { id: running, machine_id: running, state: 'running' },
    ]);
    expect(await store.db.selectFrom('step_durations').select('duration_ms').execute()).toEqual([
      { duration_ms: 12.5 },
    ]);
  });

  it('takes what is new, and still refuses what makes no sense', async () => {
    const { db } = store;
    await db.updateTable('pools').set({ engine: 'os-level' }).where('id', '=', shared).execute();
    await db
      .updateTable('sessions')
      .set({ state: 'suspended' })
      .where('id', '=', running)
      .execute();
    const second = db.updateTable('sessions').set({ state: 'starting' }).where('id', '=', over);
    await expect(second.execute()).rejects.toThrow();
    for (const table of ['pools', 'sessions'] as const) {
      const column = table === 'pools' ? 'engine' : 'state';
      const nonsense = sql`update ${sql.table(table)} set ${sql.ref(column)} = 'nonsense'`;
      await expect(nonsense.execute(db)).rejects.toThrow();
    }
  });

  it('loses the accounts and entitlements of a pool with it', async () => {
    const { db } = store;
    await db.deleteFrom('pools').where('id', '=', desktop).execute();
    const entitled = await db.selectFrom('entitlements').select('pool_id').execute();
    expect(entitled).toEqual([{ pool_id: shared }]);
    const [terminal] = await db.selectFrom('terminals').selectAll().execute();
    expect(terminal?.account_desktop_id).toBeNull();
  });

  it('calls permissions as they are called now', async () => {
    const found = await store.db
      .selectFrom('roles')
      .select('permissions')
      .where('built_in', '=', 0)
      .executeTakeFirstOrThrow();
    const now = ['desktops.use', 'pools.read', 'pools.manage'];
    expect(JSON.parse(found.permissions)).toEqual(now);
  });
});
