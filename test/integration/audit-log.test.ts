import { type Kysely, sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { commandLine } from '../../src/broker/audit/actor.ts';
import { type AuditLog, createAuditLog } from '../../src/broker/audit/audit-log.ts';
import { canonicalEvent, hashOf } from '../../src/broker/audit/event-hash.ts';
import type { Tables } from '../../src/broker/store/schema.ts';
import { openStore, type Store } from '../../src/broker/store/store.ts';
import { auditEventSchema } from '../../src/contract/audit.ts';
import { auditEntry } from '../fakes/audit-entry.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { databases, missingDatabase, type Stores, startStores } from './store-databases.ts';

const day = 86_400_000;

describe.each(databases)('the audit log in %s', (kind) => {
  const missing = missingDatabase(kind);
  if (missing !== null) {
    it.skip(missing);
    return;
  }
  let stores: Stores;
  let store: Store;
  let clock: FakeClock;
  let audit: AuditLog;
  beforeAll(async () => {
    stores = await startStores(kind);
  });
  afterAll(() => stores.dispose());
  beforeEach(async () => {
    store = await openStore(await stores.place());
    clock = new FakeClock();
    audit = createAuditLog({ db: store.db, clock });
  });
  afterEach(() => store.close());

  /** As many events as told, one each day. */
  async function write(count: number) {
    const events = [];
    for (let written = 0; written < count; written += 1) {
      events.push(await audit.append(auditEntry({ detail: { written } })));
      clock.pass(day);
    }
    return events;
  }

  const list = (query = {}) => audit.list({ limit: 100, ...query });

  it('has each event with its number, its time, and the hash of the one before', async () => {
    const [first, second] = await write(2);
    expect(first).toMatchObject({ number: 1, at: '2026-01-01T00:00:00.000Z' });
    expect(second).toMatchObject({
      number: 2,
      previous: first?.hash,
      ...auditEntry(),
      detail: { written: 1 },
    });
    expect(await list()).toEqual([second, first]);
    expect(await audit.verify()).toEqual({
      sound: true,
      events: 2,
      head: second?.hash,
      brokenAt: null,
    });
  });

  it('is empty at first, and sound', async () => {
    expect(await audit.verify()).toMatchObject({ sound: true, events: 0 });
    expect(await list()).toEqual([]);
  });

  it('is searched by action, actor and number', async () => {
    await audit.append(auditEntry());
    await audit.append(auditEntry({ action: 'user.removed' }));
    await audit.append(auditEntry({ actor: { kind: 'user', id: 'eve', name: 'Eve' } }));
    const numbers = async (query: object) => (await list(query)).map(({ number }) => number);
    expect(await numbers({ action: 'user.removed' })).toEqual([2]);
    expect(await numbers({ actor: 'ada' })).toEqual([2, 1]);
    expect(await numbers({ before: 3, limit: 1 })).toEqual([2]);
  });

  it('has an event if and only if what it tells of was done', async () => {
    const failing = store.db.transaction().execute(async (transaction) => {
      await audit.append(auditEntry(), transaction);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await list()).toEqual([]);
    await store.db.transaction().execute((trx) => audit.append(auditEntry(), trx));
    expect(await list()).toHaveLength(1);
  });

  it('takes nothing that is not an entry', async () => {
    const name = 'x'.repeat(201);
    const wrong = auditEntry({ target: { kind: 'user', id: '1', name } });
    await expect(audit.append(wrong)).rejects.toThrow(/too_big/);
    expect(await list()).toEqual([]);
  });

  it('numbers without a gap what comes all at once', async () => {
    await Promise.all(Array.from({ length: 20 }, () => audit.append(auditEntry())));
    expect(await audit.verify()).toMatchObject({ sound: true, events: 20 });
  });

  it('is exported as lines of JSON, the oldest first, that prove themselves', async () => {
    await write(3);
    const lines: string[] = [];
    for await (const line of audit.exportLines()) lines.push(line);
    const events = lines.map((line) => auditEventSchema.parse(JSON.parse(line)));
    expect(events.map(({ number }) => number)).toEqual([1, 2, 3]);
    for (const { hash, ...event } of events) expect(hashOf(canonicalEvent(event))).toBe(hash);
    expect(lines.every((line) => line.endsWith('}\n'))).toBe(true);
  });

  it('is read in pages however long it is', async () => {
    await store.db.transaction().execute(async (transaction) => {
      for (let event = 0; event < 600; event += 1) await audit.append(auditEntry(), transaction);
    });
    expect(await audit.verify()).toMatchObject({ sound: true, events: 600 });
    let lines = 0;
    for await (const _ of audit.exportLines()) lines += 1;
    expect(lines).toBe(600);
  });

  it('refuses to be rewritten', async () => {
    await write(2);
    const { db } = store;
    await expect(db.updateTable('audit_events').set({ at: 0 }).execute()).rejects.toThrow(
      /never changed/,
    );
    await expect(db.deleteFrom('audit_events').execute()).rejects.toThrow(/only audit events/);
    expect(await audit.verify()).toMatchObject({ sound: true, events: 2 });
  });

  describe('tells when somebody who is above the triggers', () => {
    const row = (number: number) =>
      store.db
        .selectFrom('audit_events')
        .selectAll()
        .where('number', '=', number)
        .executeTakeFirstOrThrow();

    beforeEach(async () => {
      await write(5);
      await withoutTriggers(store);
    });

    it('changed one', async () => {
      const { event } = await row(3);
      const change = { event: event.replace('Bob', 'Eve') };
      await store.db.updateTable('audit_events').set(change).where('number', '=', 3).execute();
      expect(await audit.verify()).toMatchObject({ sound: false, events: 2, brokenAt: 3 });
    });

    it('changed one with its hash', async () => {
      const { event } = await row(3);
      const changed = event.replace('Bob', 'Eve');
      const change = { event: changed, hash: hashOf(changed) };
      await store.db.updateTable('audit_events').set(change).where('number', '=', 3).execute();
      expect(await audit.verify()).toMatchObject({ sound: false, brokenAt: 4 });
    });

    it.each([{ at: 0 }, { action: 'user.removed' }, { actor_id: 'eve' }] as const)(
      'changed what it is found by: %o',
      async (change) => {
        await store.db.updateTable('audit_events').set(change).where('number', '=', 3).execute();
        expect(await audit.verify()).toMatchObject({ sound: false, brokenAt: 3 });
      },
    );

    it('made it into something else', async () => {
      const change = { event: 'nothing' };
      await store.db.updateTable('audit_events').set(change).where('number', '=', 1).execute();
      expect(await audit.verify()).toMatchObject({ sound: false, brokenAt: 1 });
    });

    it('inserted one', async () => {
      const third = await row(3);
      await store.db
        .updateTable('audit_events')
        .set({ number: 6 })
        .where('number', '=', 5)
        .execute();
      await store.db
        .insertInto('audit_events')
        .values({ ...third, number: 5 })
        .execute();
      expect(await audit.verify()).toMatchObject({ sound: false, brokenAt: 5 });
    });

    it('removed one', async () => {
      await store.db.deleteFrom('audit_events').where('number', '=', 2).execute();
      expect(await audit.verify()).toMatchObject({ sound: false, brokenAt: 2 });
    });

    it('swapped two', async () => {
      const [second, third] = [await row(2), await row(3)];
      await store.db.deleteFrom('audit_events').where('number', 'in', [2, 3]).execute();
      const swapped = [
        { ...second, number: 3 },
        { ...third, number: 2 },
      ];
      await store.db.insertInto('audit_events').values(swapped).execute();
      expect(await audit.verify()).toMatchObject({ sound: false, brokenAt: 2 });
    });

    it('cut off the end, if the hash of it was noted', async () => {
      const { head } = await audit.verify();
      await store.db.deleteFrom('audit_events').where('number', '=', 5).execute();
      expect(await audit.verify()).toMatchObject({ sound: true, events: 4 });
      expect(await audit.verify({ head })).toMatchObject({ sound: false, brokenAt: 5 });
      await audit.append(auditEntry());
      expect(await audit.verify({ head })).toMatchObject({ sound: false });
    });

    it('cut off the beginning', async () => {
      await store.db.deleteFrom('audit_events').where('number', '=', 1).execute();
      expect(await audit.verify()).toMatchObject({ sound: false, brokenAt: 1 });
    });
  });

  it('lets go of what is old, says so, and is sound after', async () => {
    const events = await write(5);
    const { head } = await audit.verify();
    expect(await audit.prune(Date.parse(events[3]?.at ?? ''), commandLine)).toBe(3);
    const left = await list();
    expect(left.map(({ number, action }) => [number, action])).toEqual([
      [6, 'audit.pruned'],
      [5, 'user.created'],
      [4, 'user.created'],
    ]);
    expect(left[0]).toMatchObject({ ...commandLine, detail: { events: 3 } });
    expect(await audit.verify({ head })).toMatchObject({ sound: true, events: 3 });
    expect(await audit.verify({ head: events[2]?.hash ?? '' })).toMatchObject({ sound: true });
    expect(await audit.verify({ head: events[0]?.hash ?? '' })).toMatchObject({ sound: false });
  });

  it('goes on from where it was when all of it was let go of', async () => {
    const events = await write(2);
    expect(await audit.prune(clock.now(), commandLine)).toBe(2);
    expect(await list()).toEqual([
      expect.objectContaining({ number: 3, previous: events[1]?.hash }),
    ]);
    expect(await audit.verify()).toMatchObject({ sound: true, events: 1 });
    expect(await audit.prune(0, commandLine)).toBe(0);
    expect(await list()).toHaveLength(1);
  });
});

/** What the owner of the database can do. */
async function withoutTriggers({ db, dialect }: { db: Kysely<Tables>; dialect: Store['dialect'] }) {
  for (const name of ['audit_events_stay', 'audit_events_age']) {
    const trigger = sql.ref(name);
    await (dialect === 'sqlite'
      ? sql`drop trigger ${trigger}`
      : sql`drop trigger ${trigger} on audit_events`
    ).execute(db);
  }
}
