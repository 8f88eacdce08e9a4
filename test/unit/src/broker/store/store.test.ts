import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtInGroupIds } from '../../../../../src/broker/store/built-in.ts';
import { openStore, type Store } from '../../../../../src/broker/store/store.ts';
import { writeFirstStore } from './first-store.ts';

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

async function openHere(): Promise<Store> {
  const store = await openStore({ dataDir: folder });
  open.push(store);
  return store;
}

const group = { id: '1', name: 'Office', built_in: 0 } as const;

describe('a store in SQLite', () => {
  it('writes through to the disk, and refers to nothing that is not there', async () => {
    const { db } = await openHere();
    const pragma = async (name: string) =>
      Object.values((await sql.raw<object>(`pragma ${name}`).execute(db)).rows[0] ?? {})[0];
    expect(await pragma('journal_mode')).toBe('wal');
    expect(await pragma('synchronous')).toBe(2);
    expect(await pragma('foreign_keys')).toBe(1);
    await db.transaction().execute(async () => undefined);
    expect(await pragma('busy_timeout')).toBe(5_000);
  });

  it('has strict tables only', async () => {
    const { db } = await openHere();
    const { rows } = await sql<{ name: string; strict: number }>`pragma table_list`.execute(db);
    const own = rows.filter(({ name }) => !/^(sqlite|kysely)_/.test(name));
    expect(own.length).toBe(28);
    expect(own.filter(({ strict }) => strict !== 1)).toEqual([]);
  });

  it('lets a transaction that reads go on while another process writes', async () => {
    const [first, second] = [await openHere(), await openHere()];
    const reading = first.db
      .transaction()
      .setAccessMode('read only')
      .execute(async (transaction) => {
        await transaction.selectFrom('groups').selectAll().execute();
        await second.db.insertInto('groups').values(group).execute();
        return transaction.selectFrom('groups').select('name').where('built_in', '=', 0).execute();
      });
    expect(await reading).toEqual([]);
  });

  it('says that the disk is full, and goes on when there is room again', async () => {
    const { db } = await openHere();
    await sql`pragma max_page_count = 1`.execute(db);
    const name = 'x'.repeat(200_000);
    const insert = () =>
      db
        .insertInto('groups')
        .values({ ...group, name })
        .execute();
    await expect(insert()).rejects.toMatchObject({ code: 'disk-full' });
    await sql`pragma max_page_count = 1000000`.execute(db);
    await insert();
  });

  it('that is damaged is refused and left as it is', async () => {
    const garbage = Buffer.alloc(8_192, 'not a database ');
    writeFileSync(file, garbage);
    await expect(openHere()).rejects.toMatchObject({ code: 'store-damaged' });
    expect(readFileSync(file)).toEqual(garbage);
  });

  it('that is damaged inside is refused and left as it is', async () => {
    const store = await openHere();
    const rows = Array.from({ length: 500 }, (_, row) => ({
      ...group,
      id: `${row}`,
      name: `group ${row}`,
    }));
    await store.db.insertInto('groups').values(rows).execute();
    await store.close();
    const bytes = readFileSync(file);
    bytes.fill(0xff, 4_096, bytes.length - 4_096);
    writeFileSync(file, bytes);
    await expect(openHere()).rejects.toMatchObject({
      code: 'store-damaged',
      detail: expect.stringContaining(file),
    });
    expect(readFileSync(file)).toEqual(bytes);
  });
});

describe('a store of the first brokers', () => {
  beforeEach(() => writeFirstStore(file));

  it('keeps its users, and who may open which desktop', async () => {
    const { db } = await openHere();
    const users = await db.selectFrom('users').selectAll().orderBy('id').execute();
    expect(users.map(({ username, password_hash }) => [username, password_hash])).toEqual([
      ['ada', 'hash of ada'],
      ['bob', 'hash of bob'],
    ]);
    expect(users[0]).toMatchObject({ kind: 'person', totp_required: 0, disabled_at: null });
    const entitled = await db
      .selectFrom('entitlements')
      .innerJoin('groups', 'groups.id', 'entitlements.group_id')
      .innerJoin('group_members', 'group_members.group_id', 'groups.id')
      .select(['entitlements.pool_id', 'groups.name', 'group_members.user_id'])
      .orderBy('pool_id')
      .orderBy('user_id')
      .execute();
    expect(entitled.map((row) => Object.values(row))).toEqual([
      ['d1', 'Office', 'ada-id'],
      ['d1', 'Office', 'bob-id'],
      ['d2', 'Office (2)', 'ada-id'],
      ['d3', 'everyone (2)', 'bob-id'],
    ]);
    const everyone = await db
      .selectFrom('group_members')
      .select('user_id')
      .where('group_id', '=', builtInGroupIds.everyone)
      .execute();
    expect(everyone).toHaveLength(2);
  });

  it('keeps its sessions, of terminals that have to enroll again', async () => {
    const { db } = await openHere();
    expect(await db.selectFrom('terminals').selectAll().execute()).toEqual([]);
    expect(await db.selectFrom('sessions').selectAll().execute()).toEqual([
      expect.objectContaining({
        id: 's',
        machine_id: 's',
        state: 'running',
        terminal_id: null,
        qemu_log: 'qemu',
      }),
    ]);
    expect(await db.selectFrom('step_durations').selectAll().execute()).toEqual([
      expect.objectContaining({ session_id: 's', duration_ms: 12.5 }),
    ]);
    expect(await db.selectFrom('heartbeat').select('alive_at').execute()).toEqual([
      { alive_at: 5 },
    ]);
  });

  it('is refused by those brokers from then on, and opened again by this one', async () => {
    await (await openHere()).close();
    const database = new DatabaseSync(file);
    expect(database.prepare('pragma user_version').get()?.user_version).toBe(6);
    database.close();
    const { db } = await openHere();
    expect(await db.selectFrom('users').selectAll().execute()).toHaveLength(2);
  });

  it('is left as it is when the change fails', async () => {
    const database = new DatabaseSync(file);
    database.exec('create table seats (id text) strict');
    database.close();
    await expect(openHere()).rejects.toThrow(/seats/);
    const after = new DatabaseSync(file);
    expect(after.prepare('pragma user_version').get()?.user_version).toBe(1);
    expect(after.prepare('select count(*) as n from access_tokens').get()?.n).toBe(1);
    after.close();
  });
});
