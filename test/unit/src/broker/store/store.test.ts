import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../../../../../src/broker/store/store.ts';

let folder: string;
let file: string;
const open: Store[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'store-'));
  file = join(folder, 'broker.sqlite');
});
afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
  rmSync(folder, { recursive: true });
});

function openHere(): Store {
  const store = openStore(folder);
  open.push(store);
  return store;
}

const ada = { id: '1', username: 'ada', display_name: 'Ada', password_hash: '-', created_at: 0 };

describe('the store', () => {
  it('writes through to the disk, and refers to nothing that is not there', async () => {
    const { db } = openHere();
    const pragma = async (name: string) =>
      Object.values((await sql.raw<object>(`pragma ${name}`).execute(db)).rows[0] ?? {})[0];
    expect(await pragma('journal_mode')).toBe('wal');
    expect(await pragma('synchronous')).toBe(2);
    expect(await pragma('foreign_keys')).toBe(1);
    const entitlement = { user_id: 'nobody', desktop_id: 'nothing' };
    await expect(db.insertInto('entitlements').values(entitlement).execute()).rejects.toThrow(
      /FOREIGN KEY/,
    );
  });

  it('has strict tables only', async () => {
    const { db } = openHere();
    const { rows } = await sql<{ name: string; strict: number }>`pragma table_list`.execute(db);
    const own = rows.filter(({ name }) => !name.startsWith('sqlite_'));
    expect(own.length).toBe(9);
    expect(own.every(({ strict }) => strict === 1)).toBe(true);
  });

  it('keeps what was written, also for another who has it open', async () => {
    const first = openHere();
    const second = openHere();
    await first.db.insertInto('users').values(ada).execute();
    expect(await second.db.selectFrom('users').selectAll().execute()).toEqual([ada]);
  });

  it('undoes a transaction that fails', async () => {
    const { db } = openHere();
    const failing = db.transaction().execute(async (transaction) => {
      await transaction.insertInto('users').values(ada).execute();
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await db.selectFrom('users').selectAll().execute()).toEqual([]);
  });

  it('is opened by many at once, and made once', async () => {
    await Promise.all(Array.from({ length: 5 }, async () => openHere()));
    await open[0]?.db.insertInto('users').values(ada).execute();
    expect(await open[4]?.db.selectFrom('users').selectAll().execute()).toHaveLength(1);
  });

  it('says that the disk is full, and goes on when there is room again', async () => {
    const { db } = openHere();
    await sql`pragma max_page_count = 1`.execute(db);
    const password_hash = 'x'.repeat(200_000);
    const insert = () =>
      db
        .insertInto('users')
        .values({ ...ada, password_hash })
        .execute();
    await expect(insert()).rejects.toMatchObject({ code: 'disk-full' });
    await sql`pragma max_page_count = 1000000`.execute(db);
    await insert();
  });

  it('that is damaged is refused and left as it is', () => {
    const garbage = Buffer.alloc(8_192, 'not a database ');
    writeFileSync(file, garbage);
    expect(openHere).toThrow(expect.objectContaining({ code: 'store-damaged' }));
    expect(readFileSync(file)).toEqual(garbage);
  });

  it('that is damaged inside is refused and left as it is', async () => {
    const store = openHere();
    const rows = Array.from({ length: 500 }, (_, user) => ({
      ...ada,
      id: `${user}`,
      username: `user ${user}`,
    }));
    await store.db.insertInto('users').values(rows).execute();
    await store.close();
    const bytes = readFileSync(file);
    bytes.fill(0xff, 4_096, bytes.length - 4_096);
    writeFileSync(file, bytes);
    expect(openHere).toThrow(
      expect.objectContaining({ code: 'store-damaged', detail: expect.stringContaining(file) }),
    );
    expect(readFileSync(file)).toEqual(bytes);
  });

  it('of a newer version is refused and left as it is', async () => {
    await openHere().close();
    const newer = new DatabaseSync(file);
    newer.exec('pragma user_version = 999');
    newer.close();
    expect(openHere).toThrow(
      expect.objectContaining({ code: 'store-damaged', detail: expect.stringContaining('newer') }),
    );
  });
});
