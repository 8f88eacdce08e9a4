import { DatabaseSync } from 'node:sqlite';

/** What the first brokers made, before Kysely's table of migrations. */
const schema = `
  create table users (
    id text primary key,
    username text not null unique,
    display_name text not null,
    password_hash text not null,
    created_at integer not null
  ) strict;

  create table terminals (
    id text primary key,
    name text not null,
    refresh_hash text not null unique,
    enrolled_at integer not null,
    seen_at integer not null,
    locked_at integer,
    revoked_at integer
  ) strict;

  create table enrollment_codes (
    code_hash text primary key,
    expires_at integer not null,
    used_at integer,
    terminal_id text
  ) strict;

  create table access_tokens (
    token_hash text primary key,
    user_id text not null references users (id) on delete cascade,
    terminal_id text not null references terminals (id) on delete cascade,
    expires_at integer not null
  ) strict;
  create index access_tokens_of_terminal on access_tokens (terminal_id);

  create table desktops (
    id text primary key,
    name text not null,
    description text not null,
    image text not null,
    engine text not null check (engine in ('full', 'para')),
    memory_mb integer not null check (memory_mb > 0),
    cpus integer not null check (cpus > 0)
  ) strict;

  create table entitlements (
    user_id text not null references users (id) on delete cascade,
    desktop_id text not null references desktops (id) on delete cascade,
    primary key (user_id, desktop_id)
  ) strict, without rowid;

  create table sessions (
    id text primary key,
    user_id text not null references users (id),
    desktop_id text not null references desktops (id),
    terminal_id text references terminals (id),
    state text not null check (state in ('starting', 'running', 'ending', 'ended', 'failed')),
    revision integer not null,
    started_at integer not null,
    expires_at integer not null,
    used_at integer not null,
    ended_at integer,
    accelerator text,
    problem text,
    console_log text,
    qemu_log text
  ) strict;
  create unique index one_live_session_of_user_on_desktop
    on sessions (user_id, desktop_id) where state in ('starting', 'running');
  create index sessions_by_state on sessions (state);

  create table step_durations (
    id integer primary key,
    session_id text not null references sessions (id) on delete cascade,
    engine text not null,
    image text not null,
    step text not null,
    duration_ms real not null
  ) strict;
  create index step_durations_of_image on step_durations (engine, image, step);
  create index step_durations_of_session on step_durations (session_id);

  create table heartbeat (
    id integer primary key check (id = 1),
    alive_at integer not null
  ) strict;
  pragma user_version = 1;
`;

/** A store of the first brokers, with two users, who may open two desktops of one name. */
export function writeFirstStore(file: string): void {
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: true });
  database.exec(schema);
  database.exec(`
    insert into users values
      ('ada-id', 'ada', 'Ada', 'hash of ada', 1), ('bob-id', 'bob', 'Bob', 'hash of bob', 2);
    insert into terminals values ('t', 'Kiosk', 'hash', 1, 1, null, null);
    insert into enrollment_codes values ('hash', 2, null, null);
    insert into access_tokens values ('hash', 'ada-id', 't', 9);
    insert into desktops values
      ('d1', 'Office', '', 'debian', 'para', 384, 1), ('d2', 'Office', '', 'debian', 'full', 512, 2),
      ('d3', 'everyone', '', 'debian', 'para', 384, 1), ('d4', 'Idle', '', 'debian', 'para', 384, 1);
    insert into entitlements values
      ('ada-id', 'd1'), ('bob-id', 'd1'), ('ada-id', 'd2'), ('bob-id', 'd3');
    insert into sessions values
      ('s', 'ada-id', 'd1', 't', 'running', 4, 1, 9, 2, null, 'tcg', null, 'console', 'qemu');
    insert into step_durations values (7, 's', 'para', 'debian', 'starting', 12.5);
    insert into heartbeat values (1, 5);
  `);
  database.close();
}
