import type { DatabaseSync } from 'node:sqlite';
import { CodedError } from '../../contract/errors.ts';

/** Each entry takes the store from the version of its index to the next. Never edit one; add one. */
const migrations: readonly string[] = [
  `
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
  `,
];

/** Brings the store to the newest version, all or nothing, also while another process does so. */
export function migrate(database: DatabaseSync): void {
  if (versionOf(database) === migrations.length) return;
  database.exec('begin immediate');
  try {
    const version = versionOf(database);
    if (version > migrations.length) {
      throw new CodedError('store-damaged', {
        detail: `${database.location()}: it was written by a newer version of Porthole`,
      });
    }
    for (const migration of migrations.slice(version)) database.exec(migration);
    database.exec(`pragma user_version = ${migrations.length}`);
    database.exec('commit');
  } catch (error) {
    database.exec('rollback');
    throw error;
  }
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('pragma user_version').get()?.user_version);
}
