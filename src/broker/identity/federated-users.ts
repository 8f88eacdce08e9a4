import { randomUUID } from 'node:crypto';
import type { Clock } from '../../contract/clock.ts';
import { doneBy } from '../access/audit-entry.ts';
import { brokerItself } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { builtInGroupIds } from '../store/built-in.ts';
import type { Database } from '../store/store.ts';
import type { VouchedIdentity } from './federated-claims.ts';

export type FederatedUsers = {
  /** The user that is meant, made at the first sign-in, with the groups that they now have. */
  welcome(identity: VouchedIdentity, address: string): Promise<{ id: string; username: string }>;
};

type Deps = {
  db: Database;
  clock: Clock;
  audit: Pick<AuditLog, 'append'>;
};

type User = { id: string; username: string };

/** Users of other identity providers, known by provider and subject and never by their names. */
export function createFederatedUsers({ db, clock, audit }: Deps): FederatedUsers {
  return {
    welcome: (identity, address) =>
      db.transaction().execute(async (transaction) => {
        const found = await findUser(transaction, identity);
        const user = found ?? (await createUser(transaction, identity, clock.now()));
        if (found !== null) await rename(transaction, found, identity);
        const groups = await replaceGroups(transaction, user.id, identity);
        if (found === null || groups.changed) {
          const action = found === null ? 'user.created' : 'user.changed';
          const target = { kind: 'user', id: user.id, name: user.username } as const;
          const detail = { identityProvider: identity.provider };
          const entry = doneBy({ ...brokerItself, address }, action, target, detail);
          await audit.append(entry, transaction);
        }
        return user;
      }),
  };
}

async function findUser(db: Database, identity: VouchedIdentity): Promise<User | null> {
  const row = await db
    .selectFrom('users')
    .select(['id', 'username'])
    .where('identity_provider', '=', identity.provider)
    .where('subject', '=', identity.subject)
    .executeTakeFirst();
  return row ?? null;
}

async function createUser(db: Database, identity: VouchedIdentity, now: number): Promise<User> {
  const user = { id: randomUUID(), username: await freeName(db, identity.username) };
  await db
    .insertInto('users')
    .values({
      ...user,
      display_name: identity.displayName,
      kind: 'person',
      password_hash: null,
      identity_provider: identity.provider,
      subject: identity.subject,
      totp_secret: null,
      totp_step: null,
      totp_required: 0,
      disabled_at: null,
      created_at: now,
    })
    .execute();
  await db
    .insertInto('group_members')
    .values({ group_id: builtInGroupIds.everyone, user_id: user.id, source: '' })
    .execute();
  return user;
}

/** Never the name of an account that is there already, whatever the provider says. */
async function freeName(db: Database, wanted: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? '' : `-${number}`;
    const name = `${wanted.slice(0, 64 - suffix.length)}${suffix}`;
    const taken = await db
      .selectFrom('users')
      .select('id')
      .where('username', '=', name)
      .executeTakeFirst();
    if (taken === undefined) return name;
  }
}

async function rename(db: Database, user: User, identity: VouchedIdentity) {
  await db
    .updateTable('users')
    .set({ display_name: identity.displayName })
    .where('id', '=', user.id)
    .execute();
}

/** Memberships that the provider claims; those that administrators gave stay as they are. */
async function replaceGroups(
  db: Database,
  userId: string,
  { provider, groups }: VouchedIdentity,
): Promise<{ changed: boolean }> {
  const claimed =
    groups.length === 0
      ? []
      : await db
          .selectFrom('group_claims')
          .select('group_id')
          .distinct()
          .where('identity_provider', '=', provider)
          .where('value', 'in', groups)
          .execute();
  const now = new Set(claimed.map(({ group_id }) => group_id));
  const before = await db
    .selectFrom('group_members')
    .select('group_id')
    .where('user_id', '=', userId)
    .where('source', '=', provider)
    .execute();
  const had = new Set(before.map(({ group_id }) => group_id));
  if (now.size === had.size && [...now].every((id) => had.has(id))) return { changed: false };
  await db
    .deleteFrom('group_members')
    .where('user_id', '=', userId)
    .where('source', '=', provider)
    .execute();
  if (now.size > 0) {
    await db
      .insertInto('group_members')
      .values([...now].map((group_id) => ({ group_id, user_id: userId, source: provider })))
      .execute();
  }
  return { changed: true };
}
