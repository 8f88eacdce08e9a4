import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import type { AsyncDisposable } from '../../src/contract/disposable.ts';
import { until } from '../fakes/until.ts';

/** A PostgreSQL server of a test's own, with a database in it. Reached by a unix socket only. */
export type Postgres = AsyncDisposable & {
  /** Of the database that is there from the beginning. Holds a password. */
  readonly url: string;
  /** Address of another database, new and empty. */
  createDatabase(): Promise<string>;
  /** Kills every process of the server at once, as a power cut does it. */
  crash(): Promise<void>;
  /** Starts it again on what it left. */
  start(): Promise<void>;
};

/** Where Debian puts each version. */
const versions = '/usr/lib/postgresql';

/** After a crash it first reads its log again. */
const startLimitMs = 60_000;

const user = 'porthole';
const database = 'porthole';

/** Folder of the newest PostgreSQL's programs; null where there is none. */
export function postgresPrograms(): string | null {
  const found = existsSync(versions) ? readdirSync(versions) : [];
  const [newest] = found
    .map((version) => path.join(versions, version, 'bin'))
    .filter((folder) => existsSync(path.join(folder, 'initdb')))
    .toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return newest ?? null;
}

/** For tests of what is in a store, not of how it survives: nothing waits for the disk. */
export const forgetful = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'] as const;

/**
 * @param options settings of the server
 * @throws where there is no PostgreSQL on this machine: see postgresPrograms
 */
export async function startPostgres(options: readonly string[] = []): Promise<Postgres> {
  const programs = postgresPrograms();
  if (programs === null) throw new Error(`there is no PostgreSQL in ${versions}`);
  const owner = unprivileged();
  const home = await mkdtemp(path.join(tmpdir(), 'postgres-'));
  const data = path.join(home, 'data');
  const password = randomUUID();
  const passwordFile = path.join(home, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  for (const place of [home, passwordFile]) await chown(place, owner.uid, owner.gid);
  const locale = ['--encoding=UTF8', '--locale=C', '--auth=scram-sha-256', `--username=${user}`];
  execFileSync(
    path.join(programs, 'initdb'),
    [...locale, `--pwfile=${passwordFile}`, '--no-sync', '-D', data],
    { ...owner, cwd: home, stdio: 'ignore' },
  );

  const address = (name: string) => `postgres://${user}:${password}@localhost/${name}?host=${home}`;
  let server: ChildProcess | null = null;

  async function start(): Promise<void> {
    const settings = ['listen_addresses=', `unix_socket_directories=${home}`, ...options];
    const flags = settings.flatMap((setting) => ['-c', setting]);
    server = spawn(path.join(programs ?? '', 'postgres'), ['-D', data, ...flags], {
      ...owner,
      cwd: home,
      stdio: 'ignore',
    });
    await until('PostgreSQL answers', () => answers(address('postgres')), startLimitMs);
  }

  async function createDatabase(name = `test_${randomUUID().replaceAll('-', '')}`) {
    await withClient(address('postgres'), (client) => client.query(`create database ${name}`));
    return address(name);
  }

  async function end(kill: (server: ChildProcess) => void): Promise<void> {
    const ending = server;
    server = null;
    if (ending === null || ending.exitCode !== null || ending.signalCode !== null) return;
    kill(ending);
    await once(ending, 'exit');
  }

  await start();
  return {
    url: await createDatabase(database),
    createDatabase: () => createDatabase(),
    crash: async () => {
      const children = childrenOf(server?.pid);
      await end((postmaster) => {
        postmaster.kill('SIGKILL');
        for (const pid of children) killIfThere(pid);
      });
      // It does not start again while one of them still has its memory.
      await until('all of PostgreSQL is gone', () => children.every(hasEnded));
    },
    start,
    dispose: async () => {
      // "Fast shutdown": connections that a test left open are cut.
      await end((postmaster) => postmaster.kill('SIGINT'));
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to run as root; its package makes a user for it. */
function unprivileged(): { uid: number; gid: number } {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  if (uid !== 0) return { uid, gid };
  const idOf = (kind: '-u' | '-g') =>
    Number(execFileSync('id', [kind, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

async function answers(url: string): Promise<boolean> {
  try {
    await withClient(url, (client) => client.query('select 1'));
    return true;
  } catch {
    // It does not listen yet, or recovers from a crash: the caller asks again.
    return false;
  }
}

/** A database that begins as this one is, which nobody may be connected to. */
export async function copyOf(url: string): Promise<string> {
  const [copy, server] = [new URL(url), new URL(url)];
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  copy.pathname = `/${name}`;
  server.pathname = '/postgres';
  await withClient(server.href, (client) =>
    client.query(`create database ${name} template ${database} strategy file_copy`),
  );
  return copy.href;
}

async function withClient(url: string, use: (client: pg.Client) => Promise<unknown>) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}

function childrenOf(parent: number | undefined): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => statOf(pid)?.parent === parent);
}

/** Nobody may be there to take note of its end, so that it stays a zombie. */
function hasEnded(pid: number): boolean {
  const state = statOf(pid)?.state;
  return state === undefined || state === 'Z';
}

/** By /proc: the two fields after the name, which may have anything in it. Null once it is gone. */
function statOf(pid: number): { state: string | undefined; parent: number } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state, parent: Number(parent) };
  } catch {
    // It has ended since it was listed.
    return null;
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
