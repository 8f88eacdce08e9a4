import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { builtInGroupIds, builtInRoleIds } from '../../src/broker/store/built-in.ts';
import { isDuplicate } from '../../src/broker/store/duplicate.ts';
import { migrationNames } from '../../src/broker/store/migrate.ts';
import type { UserTable } from '../../src/broker/store/schema.ts';
import { openStore, type Store, type StoreLocation } from '../../src/broker/store/store.ts';
import { databases, missingDatabase, type Stores, startStores } from './store-databases.ts';

const ada: UserTable = {
  id: randomUUID(),
  username: 'ada',
  display_name: 'Ada',
  kind: 'person',
  password_hash: null,
  identity_provider: null,
  subject: null,
  totp_secret: null,
  totp_step: null,
  totp_required: 0,
  disabled_at: null,
  created_at: Date.UTC(2026, 0, 1),
};

describe.each(databases)('a store in %s', (kind) => {
  const missing = missingDatabase(kind);
  if (missing !== null) {
    it.skip(missing);
    return;
  }
  let stores: Stores;
  let location: StoreLocation;
  const open: Store[] = [];
  beforeAll(async () => {
    stores = await startStores(kind);
  });
  afterAll(() => stores.dispose());
  beforeEach(async () => {
    location = await stores.place();
  });
  afterEach(async () => {
    for (const store of open.splice(0)) await store.close();
  });

  async function openHere(): Promise<Store> {
    const store = await openStore(location);
    open.push(store);
    return store;
  }

  it('has the groups and roles that every broker has', async () => {
    const { db, dialect } = await openHere();
    expect(dialect).toBe(kind);
    const rows = await db
      .selectFrom('group_roles')
      .innerJoin('groups', 'groups.id', 'group_roles.group_id')
      .innerJoin('roles', 'roles.id', 'group_roles.role_id')
      .select(['groups.id as group', 'roles.id as role', 'groups.built_in'])
      .orderBy('groups.name')
      .execute();
    expect(rows).toEqual([
      { group: builtInGroupIds.administrators, role: builtInRoleIds.administrator, built_in: 1 },
      { group: builtInGroupIds.everyone, role: builtInRoleIds.user, built_in: 1 },
    ]);
    const roles = await db.selectFrom('roles').select('id').execute();
    expect(roles.map(({ id }) => id).toSorted()).toEqual(Object.values(builtInRoleIds).toSorted());
  });

  it('gives back what was written, times as numbers', async () => {
    const { db } = await openHere();
    await db.insertInto('users').values(ada).execute();
    expect(await db.selectFrom('users').selectAll().execute()).toEqual([ada]);
    const { latest, all } = await db
      .selectFrom('users')
      .select(({ fn }) => [fn.max('created_at').as('latest'), fn.countAll().as('all')])
      .executeTakeFirstOrThrow();
    expect([latest, all]).toEqual([ada.created_at, 1]);
  });

  it('keeps it, also for another who has it open', async () => {
    const [first, second] = [await openHere(), await openHere()];
    await first.db.insertInto('users').values(ada).execute();
    await first.close();
    await first.close();
    expect(await second.db.selectFrom('users').selectAll().execute()).toEqual([ada]);
  });

  it('is opened by many at once, and made once', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, openHere));
    expect(await all[0]?.db.selectFrom('roles').selectAll().execute()).toHaveLength(4);
  });

  it('refers to nothing that is not there', async () => {
    const { db } = await openHere();
    const seat = { terminal_id: 'none', user_id: 'nobody', grant_id: 'g', expires_at: 0 };
    await expect(db.insertInto('seats').values(seat).execute()).rejects.toThrow(/foreign key/i);
  });

  it('tells a duplicate from other faults', async () => {
    const { db } = await openHere();
    await db.insertInto('users').values(ada).execute();
    const refused = (user: Partial<UserTable>) =>
      db
        .insertInto('users')
        .values({ ...ada, ...user })
        .execute()
        .catch(isDuplicate);
    expect(await refused({ username: 'eve' })).toBe(true);
    expect(await refused({ id: randomUUID() })).toBe(true);
    const id = randomUUID();
    expect(await refused({ id, username: 'eve', totp_required: 2 as 1 })).toBe(false);
  });

  it('undoes a transaction that fails', async () => {
    const { db } = await openHere();
    const failing = db.transaction().execute(async (transaction) => {
      await transaction.insertInto('users').values(ada).execute();
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await db.selectFrom('users').selectAll().execute()).toEqual([]);
  });

  it('does transactions one after the other, also those of other processes', async () => {
    const all = await Promise.all([openHere(), openHere(), openHere()]);
    await all[0]?.db
      .insertInto('users')
      .values({ ...ada, totp_step: 0 })
      .execute();
    const addOne = ({ db }: Store) =>
      db.transaction().execute(async (transaction) => {
        const { totp_step } = await transaction
          .selectFrom('users')
          .select('totp_step')
          .executeTakeFirstOrThrow();
        const next = (totp_step ?? 0) + 1;
        await transaction.updateTable('users').set({ totp_step: next }).execute();
      });
    for (let round = 0; round < 10; round += 1) await Promise.all(all.map(addOne));
    const row = await all[0]?.db.selectFrom('users').select('totp_step').executeTakeFirst();
    expect(row?.totp_step).toBe(30);
  });

  it('of a newer version is refused and left as it is', async () => {
    const { db } = await openHere();
    const newer = { name: '9999-newer', timestamp: new Date(0).toISOString() };
    const migrations = db.withTables<{ kysely_migration: typeof newer }>();
    await migrations.insertInto('kysely_migration').values(newer).execute();
    await expect(openHere()).rejects.toMatchObject({
      code: 'store-damaged',
      detail: expect.stringContaining('newer'),
    });
    const rows = await migrations.selectFrom('kysely_migration').select('name').execute();
    expect(rows.map(({ name }) => name)).toEqual([...migrationNames, newer.name]);
  });

  if (kind === 'postgres') {
    it('that single statements get in the way of is tried again', async () => {
      const { db } = await openHere();
      await db
        .insertInto('users')
        .values({ ...ada, totp_step: 0 })
        .execute();
      let attempts = 0;
      await db.transaction().execute(async (transaction) => {
        attempts += 1;
        const { totp_step } = await transaction
          .selectFrom('users')
          .select('totp_step')
          .executeTakeFirstOrThrow();
        if (attempts === 1) await db.updateTable('users').set({ totp_step: 10 }).execute();
        const next = (totp_step ?? 0) + 1;
        await transaction.updateTable('users').set({ totp_step: next }).execute();
      });
      const row = await db.selectFrom('users').select('totp_step').executeTakeFirst();
      expect([attempts, row?.totp_step]).toEqual([2, 11]);
    });

    it('that cannot be reached says so, and tells nobody its password', async () => {
      const url = location.databaseUrl ?? '';
      const password = new URL(url).password;
      const wrong = [
        url.replace(password, `${password}x`),
        url.replace('localhost/', 'localhost/nowhere'),
        url.replace(/host=.*/, 'host=/nowhere'),
        `postgres://porthole:${password}@[/porthole`,
        url.replace('postgres:', 'mysql:'),
      ];
      for (const databaseUrl of wrong) {
        const error: unknown = await openStore({ ...location, databaseUrl }).catch((e) => e);
        expect(error).toMatchObject({ code: 'store-unreachable' });
        expect(everythingIn(error)).not.toContain(password);
      }
    });

    it('says so when the server is gone, and goes on once it is back', async () => {
      const { db } = await openHere();
      await stores.server?.crash();
      const query = () => sql`select 1`.execute(db);
      await expect(query()).rejects.toMatchObject({ code: 'store-unreachable' });
      await stores.server?.start();
      await query();
    });
  }
});

/** All of an error that a log could show. */
function everythingIn(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = Object.getOwnPropertyNames(error).map((name) => Reflect.get(error, name));
  return own
    .map((value) => (value instanceof Error ? everythingIn(value) : JSON.stringify(value)))
    .join();
}
