import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { builtInGroupIds } from '../../built-in.ts';
import type { Tables } from '../../schema.ts';

/** What is kept of the earlier tables, in the order in which they can be dropped. */
const kept = ['step_durations', 'sessions', 'entitlements', 'users'] as const;

/** The tables as they were, and as this migration leaves them; later ones go on from there. */
type AsBefore = {
  entitlements_before: { user_id: string; desktop_id: string };
  desktops: { id: string; name: string };
  entitlements: { group_id: string; desktop_id: string };
};

/**
 * Makes room for the new tables. Terminals, their tokens and the codes to enroll them are gone: what
 * they were known by is not what they are known by from now on.
 */
export async function setAside(db: Kysely<unknown>): Promise<void> {
  for (const name of kept) {
    const [table, copy] = [sql.table(name), sql.table(`${name}_before`)];
    await sql`create temporary table ${copy} as select * from ${table}`.execute(db);
  }
  await db.schema.dropTable('access_tokens').execute();
  await db.schema.dropTable('enrollment_codes').execute();
  for (const name of kept) await db.schema.dropTable(name).execute();
  await db.schema.dropTable('terminals').execute();
}

/** Fills the new tables with what was set aside. */
export async function carryOver(db: Kysely<unknown>): Promise<void> {
  await sql`
    insert into users
      (id, username, display_name, kind, password_hash, totp_required, created_at)
    select id, username, display_name, 'person', password_hash, 0, created_at
    from users_before`.execute(db);
  await sql`
    insert into group_members (group_id, user_id, source, claim)
    select cast(${builtInGroupIds.everyone} as text), id, '', '' from users`.execute(db);
  await entitleGroups(db);
  const session = sql`
    id, user_id, desktop_id, state, revision, started_at, expires_at, used_at, ended_at,
    accelerator, problem, console_log, qemu_log`;
  await sql`
    insert into sessions (${session}, username, desktop_name, engine, image)
    select ${session},
      (select username from users where users.id = user_id),
      (select name from desktops where desktops.id = desktop_id),
      (select engine from desktops where desktops.id = desktop_id),
      (select image from desktops where desktops.id = desktop_id)
    from sessions_before`.execute(db);
  const step = sql`session_id, engine, image, step, duration_ms`;
  await sql`
    insert into step_durations (${step})
    select ${step} from step_durations_before order by id`.execute(db);
  for (const name of kept) await db.schema.dropTable(`${name}_before`).execute();
}

/** Who could open a desktop is in a group that is named after it from now on. */
async function entitleGroups(db: Kysely<unknown>): Promise<void> {
  const tables = db.withTables<AsBefore & Pick<Tables, 'groups' | 'group_members'>>();
  const before = await tables
    .selectFrom('entitlements_before')
    .innerJoin('desktops', 'desktops.id', 'entitlements_before.desktop_id')
    .select(['desktops.id as desktop_id', 'desktops.name', 'entitlements_before.user_id'])
    .orderBy('desktops.id')
    .execute();
  const names = new Set<string>(Object.keys(builtInGroupIds));
  for (const [desktop_id, entitled] of Map.groupBy(before, (row) => row.desktop_id)) {
    const id = randomUUID();
    const name = unusedName(entitled[0]?.name ?? desktop_id, names);
    names.add(name);
    const members = entitled.map(({ user_id }) => ({
      group_id: id,
      user_id,
      source: '',
      claim: '',
    }));
    await tables.insertInto('groups').values({ id, name, built_in: 0 }).execute();
    await tables.insertInto('group_members').values(members).execute();
    await tables.insertInto('entitlements').values({ group_id: id, desktop_id }).execute();
  }
}

function unusedName(wanted: string, used: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted} (${number})`;
    if (!used.has(name)) return name;
  }
}
