import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { ColumnTypes, StoreDialect } from '../column-types.ts';

/** The hash that the very first event refers to. */
const beforeAll = '0'.repeat(64);

/** The audit log. Triggers keep the programs that use this database from rewriting it. */
export async function makeAudit(
  db: Kysely<unknown>,
  dialect: StoreDialect,
  { whole, tableEnd }: ColumnTypes,
): Promise<void> {
  await db.schema
    .createTable('audit_events')
    .addColumn('number', whole, (column) => column.primaryKey())
    .addColumn('at', whole, (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('event', 'text', (column) => column.notNull())
    .addColumn('actor_id', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .modifyEnd(tableEnd)
    .execute();
  for (const column of ['at', 'action', 'actor_id']) {
    await db.schema
      .createIndex(`audit_events_by_${column}`)
      .on('audit_events')
      .column(column)
      .execute();
  }

  await db.schema
    .createTable('audit_start')
    .addColumn('id', 'integer', (column) => column.primaryKey().check(sql`id = 1`))
    .addColumn('number', whole, (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .modifyEnd(tableEnd)
    .execute();
  await sql`insert into audit_start (id, number, hash) values (1, 1, ${beforeAll})`.execute(db);

  for (const trigger of triggers[dialect]) await trigger.execute(db);
}

const triggers: Readonly<Record<StoreDialect, readonly RawBuilder<unknown>[]>> = {
  sqlite: [
    sql`
      create trigger audit_events_stay before update on audit_events
      begin
        select raise(abort, 'audit events are never changed');
      end`,
    sql`
      create trigger audit_events_age before delete on audit_events
      when old.number >= (select number from audit_start)
      begin
        select raise(abort, 'only audit events before audit_start are removed');
      end`,
  ],
  postgres: [
    sql`
      create function audit_events_stay() returns trigger language plpgsql as $$
      begin
        raise exception 'audit events are never changed';
      end $$`,
    sql`
      create trigger audit_events_stay before update or truncate on audit_events
      for each statement execute function audit_events_stay()`,
    sql`
      create function audit_events_age() returns trigger language plpgsql as $$
      begin
        if old.number >= (select number from audit_start) then
          raise exception 'only audit events before audit_start are removed';
        end if;
        return old;
      end $$`,
    sql`
      create trigger audit_events_age before delete on audit_events
      for each row execute function audit_events_age()`,
  ],
};
