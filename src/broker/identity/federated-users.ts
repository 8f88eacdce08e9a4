import { randomUUID } from 'node:crypto';
import type { Clock } from '../../contract/clock.ts';
import { doneBy, listed } from '../access/audit-entry.ts';
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
type Found = User & { display_name: string };
/** What a sign-in can change of a user. */
type Changed = ('displayName' | 'groups')[];

/** Users of other identity providers, known by provider and subject and never by their names. */
export function createFederatedUsers({ db, clock, audit }: Deps): FederatedUsers {
  return {
    welcome: (identity, address) =>
      db.transaction().execute(async (transaction) => {
        const found = await findUser(transaction, identity);
        const user = found ?? (await createUser(transaction, identity, clock.now()));
        const changed = [
          ...(found === null ? [] : await rename(transaction, found, identity)),
          ...(await replaceGroups(transaction, user.id, identity)),
        ];
        if (found === null || changed.length > 0) {
          const action = found === null ? 'user.created' : 'user.changed';
          const target = { kind: 'user', id: user.id, name: user.username } as const;
          const detail = {
            identityProvider: identity.provider,
            ...(found === null ? {} : { changed: listed(changed) }),
          };
          const entry = doneBy({ ...brokerItself, address }, action, target, detail);
          await audit.append(entry, transaction);
        }
        return user;
      }),
  };
}

async function findUser(db: Database, identity: VouchedIdentity): Promise<Found | null> {
  const row = await db
    .selectFrom('users')
    .select(['id', 'username', 'display_name'])
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
    .values({ group_id: builtInGroupIds.everyone, user_id: user.id, source: '', claim: '' })
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

async function rename(
  db: Database,
  { id, display_name }: Found,
  { displayName }: VouchedIdentity,
): Promise<Changed> {
  if (displayName === display_name) return [];
  await db.updateTable('users').set({ display_name: displayName }).where('id', '=', id).execute();
  return ['displayName'];
}

/**
 * Memberships that the provider claims, one for each claim that gives it. Those that administrators
 * gave stay as they are, and all do where the provider does not tell.
 */
async function replaceGroups(
  db: Database,
  userId: string,
  { provider, groups }: VouchedIdentity,
): Promise<Changed> {
  if (groups === null) return [];
  const claimed =
    groups.length === 0
      ? []
      : await db
          .selectFrom('group_claims')
          .select(['group_id', 'value as claim'])
          .where('identity_provider', '=', provider)
          .where('value', 'in', groups)
          .execute();
  const before = await db
    .selectFrom('group_members')
    .select('group_id')
    .where('user_id', '=', userId)
    .where('source', '=', provider)
    .execute();
  await db
    .deleteFrom('group_members')
    .where('user_id', '=', userId)
    .where('source', '=', provider)
    .execute();
  if (claimed.length > 0) {
    await db
      .insertInto('group_members')
      .values(claimed.map((row) => ({ ...row, user_id: userId, source: provider })))
      .execute();
  }
  const [now, had] = [groupsIn(claimed), groupsIn(before)];
  const same = now.size === had.size && [...now].every((id) => had.has(id));
  return same ? [] : ['groups'];
}

function groupsIn(rows: readonly { group_id: string }[]): Set<string> {
  return new Set(rows.map(({ group_id }) => group_id));
}
