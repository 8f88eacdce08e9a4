import type { Selectable } from 'kysely';
import { type BackedUpTable, tableNames } from '../../src/broker/backup/format.ts';
import type { Tables } from '../../src/broker/store/schema.ts';
import {
  type Database,
  openStore,
  type Store,
  type StoreLocation,
} from '../../src/broker/store/store.ts';
import { usualSessionPolicy } from '../../src/contract/session-policy.ts';

const latest = Date.UTC(2026, 0, 1);

/** Opens a store for as long as something is done with it. */
export async function withStore<T>(location: StoreLocation, use: (store: Store) => Promise<T>) {
  const store = await openStore(location);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** Puts something into every table that is not for the audit log. */
export async function fillStore(db: Database): Promise<void> {
  await db
    .insertInto('users')
    .values({
      id: 'u',
      username: 'ada',
      display_name: 'Ada “Countess” ❤',
      kind: 'person',
      password_hash: null,
      identity_provider: 'https://idp.example',
      subject: '1',
      totp_secret: 'line\nbreak \\u0000',
      totp_step: 2 ** 40,
      totp_required: 1,
      disabled_at: null,
      created_at: latest,
    })
    .execute();
  await db.insertInto('groups').values({ id: 'g', name: 'Büro', built_in: 0 }).execute();
  const member = { group_id: 'g', user_id: 'u', source: '', claim: '' };
  await db.insertInto('group_members').values(member).execute();
  const claim = { group_id: 'g', identity_provider: 'https://idp.example', value: 'staff' };
  await db.insertInto('group_claims').values(claim).execute();
  const role = { id: 'r', name: 'own', built_in: 0, permissions: '["audit.read"]' } as const;
  await db.insertInto('roles').values(role).execute();
  await db.insertInto('group_roles').values({ group_id: 'g', role_id: 'r' }).execute();
  await fillPools(db);
  await fillTerminals(db);
  await fillSessions(db);
  await fillMachines(db);
  await fillServers(db);
}

const hardware = {
  image: 'debian',
  engine: 'para',
  memory_mb: 384,
  cpus: 1,
  cpu_weight: 200,
  network: '{"kind":"allowed","destinations":["intranet.example:443"]}',
} as const;
const version = { image_id: 'i', image_version: 2 };

async function fillPools(db: Database): Promise<void> {
  await db
    .insertInto('pools')
    .values({
      id: 'd',
      name: 'Office',
      description: '',
      ...hardware,
      persistence: 'persistent',
      spares: 2,
      instant_clones: 0,
      suspend_after_minutes: 15,
      home_mb: 64,
      policy: JSON.stringify(usualSessionPolicy),
    })
    .execute();
  await db.insertInto('entitlements').values({ group_id: 'g', pool_id: 'd' }).execute();
  await db
    .insertInto('kept_disks')
    .values({
      id: 'k',
      pool_id: 'd',
      user_id: 'u',
      ...version,
      disk_made: 1,
      created_at: 1,
      used_at: latest,
    })
    .execute();
  const removed = { id: 'rd', kind: 'disk', removed_at: latest } as const;
  await db.insertInto('removed_disks').values(removed).execute();
}

async function fillMachines(db: Database): Promise<void> {
  await db
    .insertInto('machines')
    .values({
      id: 'm',
      purpose: 'session',
      belongs_to: 'd',
      belongs_to_name: 'Office',
      user_id: 'u',
      engine: 'para',
      ...version,
      memory_mb: 384,
      cpus: 1,
      state: 'suspended',
      origin: '{"kind":"clone","template":"t"}',
      started_at: latest,
      usage: null,
    })
    .execute();
  const sample = { at: latest, cpu_utilization: 0.25, memory_utilization: 0.5, machines: 1 };
  await db.insertInto('host_samples').values(sample).execute();
  await db.insertInto('host_usage').values({ id: 1, usage: '{}' }).execute();
}

async function fillServers(db: Database): Promise<void> {
  await db
    .insertInto('servers')
    .values({
      id: 'srv',
      name: 'Mail',
      ...hardware,
      ...version,
      autostart: 1,
      restart: 'on-failure',
      wanted: 'running',
      state: 'running',
      problem: '',
      restarts: 3,
      machine_id: 'm2',
      disk_made: 1,
      created_at: latest,
    })
    .execute();
  const snapshot = { id: 'sn', server_id: 'srv', name: 'before', bytes: 2 ** 40 };
  await db
    .insertInto('snapshots')
    .values({ ...snapshot, created_at: latest })
    .execute();
  const master = { id: 'ma', image: 'debian', ...version, started_at: latest };
  await db.insertInto('masters').values(master).execute();
}

async function fillTerminals(db: Database): Promise<void> {
  await db.insertInto('terminal_groups').values({ id: 'tg', name: 'Lobby' }).execute();
  await db
    .insertInto('terminals')
    .values({
      id: 't',
      name: 'Kiosk',
      model: 'ThinkCentre',
      version: '0.1.0',
      vault: 'file',
      address: '192.0.2.1',
      group_id: 'tg',
      account_user_id: 'u',
      account_desktop_id: 'd',
      enrolled_at: latest,
      enrolled_by: 'ada',
      enrollment_token_id: 'et',
      seen_at: latest,
      locked_at: null,
      revoked_at: null,
    })
    .execute();
  await db
    .insertInto('enrollment_tokens')
    .values({
      id: 'et',
      label: 'Lobby',
      token_hash: 'hash',
      group_id: 'tg',
      uses_left: 3,
      created_at: latest,
      expires_at: latest,
      revoked_at: null,
    })
    .execute();
  const seat = { terminal_id: 't', user_id: 'u', grant_id: 'grant', expires_at: latest };
  await db.insertInto('seats').values(seat).execute();
  const artifact = { model: 'Grant', id: 'grant', payload: '{}', created_at: latest };
  await db.insertInto('oidc_artifacts').values(artifact).execute();
}

async function fillSessions(db: Database): Promise<void> {
  await db
    .insertInto('sessions')
    .values({
      id: 's',
      machine_id: 'm',
      user_id: 'u',
      username: 'ada',
      desktop_id: 'd',
      desktop_name: 'Office',
      engine: 'para',
      image: 'debian',
      terminal_id: 't',
      state: 'ended',
      revision: 4,
      started_at: latest,
      expires_at: latest,
      used_at: latest,
      ended_at: latest,
      end_asked_at: null,
      accelerator: 'tcg',
      problem: null,
      console_log: null,
      qemu_log: null,
    })
    .execute();
  const step = { session_id: 's', engine: 'para', image: 'debian', step: 'booting' } as const;
  await db
    .insertInto('step_durations')
    .values({ ...step, duration_ms: 1234.5 })
    .execute();
  await db.insertInto('heartbeat').values({ id: 1, alive_at: latest }).execute();
}

export type Everything = { [Table in BackedUpTable]: Selectable<Tables[Table]>[] };

/** All rows of all tables, in an order that does not depend on the database. */
export async function everythingIn({ db }: Pick<Store, 'db'>): Promise<Everything> {
  const tables = tableNames.map(async (table) => {
    const rows = await db.selectFrom(table).selectAll().execute();
    const texts = rows.map((row) => JSON.stringify(row)).toSorted();
    return [table, texts.map((text) => JSON.parse(text))] as const;
  });
  // Object.fromEntries forgets which rows are of which table.
  return Object.fromEntries(await Promise.all(tables)) as Everything;
}
