import { randomUUID } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { z } from 'zod';
import type { Account, accountChangeSchema, newAccountSchema } from '../../contract/admin.ts';
import type { AuditParty } from '../../contract/audit.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Freed } from '../../contract/pool.ts';
import type { Actor } from '../audit/actor.ts';
import type { Passwords } from '../identity/password.ts';
import type { Estates } from '../pools/estates.ts';
import type { Tables, UserTable } from '../store/schema.ts';
import type { Database } from '../store/store.ts';
import { readAccounts } from './accounts.ts';
import { keepingAnAdministrator } from './administrators.ts';
import { doneBy, fieldsOf, listed } from './audit-entry.ts';
import type { AccessDeps } from './deps.ts';
import { membershipsOf, replaceMemberships } from './memberships.ts';
import { assertHolds, permissionsOf, permissionsOfGroups } from './permissions.ts';
import { signOutEverywhere } from './signed-out.ts';
import { withUniqueName } from './unique-name.ts';

export type NewUser = z.output<typeof newAccountSchema>;
export type UserChange = z.output<typeof accountChangeSchema>;

/**
 * The people who may sign in. Nobody changes one who may do more than they themselves, nor puts
 * anybody into a group that may: `permission-missing`.
 */
export type Users = {
  /** By name, with the accounts of terminals. */
  list(): Promise<Account[]>;
  /** @throws name-taken, invalid-request, permission-missing */
  create(user: NewUser, by: Actor): Promise<Account>;
  /**
   * A new password, another second factor or switching off signs the user out everywhere: whoever
   * knew the old one may be signed in with it. Their sessions run on, but are neither shown nor
   * resumed before they sign in again.
   * @throws not-found, change-conflict, invalid-request, permission-missing
   */
  change(id: string, change: UserChange, by: Actor): Promise<Account>;
  /** Nothing new where they are in it already. @throws as `change` does */
  join(id: string, groupId: string, by: Actor): Promise<void>;
  /** What an identity provider claims of them stays. @throws as `change` does */
  leave(id: string, groupId: string, by: Actor): Promise<void>;
  /**
   * With their disks; their sessions end with the next look of the broker. Says what goes back to
   * the host. @throws as `change` does
   */
  remove(id: string, by: Actor): Promise<Freed>;
};

type Deps = AccessDeps & { passwords: Pick<Passwords, 'hash'>; estates: Estates };

export function createUsers({ db, clock, audit, passwords, estates }: Deps): Users {
  /** The row of a user whom `by` may change, for what `work` does to it. */
  function changing<T>(
    id: string,
    by: Actor,
    work: (transaction: Transaction<Tables>, user: UserTable) => Promise<T>,
  ): Promise<T> {
    return db.transaction().execute((transaction) =>
      keepingAnAdministrator(transaction, async () => {
        const user = await find(transaction, id);
        await assertHolds(transaction, by, await permissionsOf(transaction, id));
        return work(transaction, user);
      }),
    );
  }

  async function regroup(
    transaction: Database,
    userId: string,
    groups: readonly string[],
    by: Actor,
  ): Promise<void> {
    const before = new Set(await membershipsOf(transaction, userId));
    const joined = groups.filter((group) => !before.has(group));
    await assertHolds(transaction, by, await permissionsOfGroups(transaction, joined));
    await replaceMemberships(transaction, userId, groups);
  }

  async function regroupTo(
    id: string,
    groupsFrom: (before: string[]) => string[],
    by: Actor,
  ): Promise<void> {
    await changing(id, by, async (transaction, user) => {
      await regroup(transaction, id, groupsFrom(await membershipsOf(transaction, id)), by);
      const account = await readOne(transaction, id);
      const detail = { changed: 'groups', groups: namesOf(account.groups) };
      await audit.append(doneBy(by, 'user.changed', partyOf(user), detail), transaction);
    });
  }

  return {
    list: () => readAccounts(db),

    create: async ({ username, displayName, password, groups, secondFactor }, by) => {
      const id = randomUUID();
      const row = newRow({ id, username, displayName, secondFactor, now: clock.now() });
      const password_hash = await passwords.hash(password);
      return db.transaction().execute(async (transaction) => {
        await withUniqueName(username, () =>
          transaction
            .insertInto('users')
            .values({ ...row, password_hash })
            .execute(),
        );
        await regroup(transaction, id, groups, by);
        const account = await readOne(transaction, id);
        const detail = { groups: namesOf(account.groups) };
        await audit.append(doneBy(by, 'user.created', partyOf(row), detail), transaction);
        return account;
      });
    },

    change: async (id, { password, ...change }, by) => {
      const password_hash = password === undefined ? undefined : await passwords.hash(password);
      return changing(id, by, async (transaction, user) => {
        const values = {
          ...columnsOf(change, user, clock.now()),
          ...(password_hash === undefined ? {} : { password_hash }),
        };
        if (password !== undefined) assertHasPassword(user);
        if (Object.keys(values).length > 0) {
          await transaction.updateTable('users').set(values).where('id', '=', id).execute();
        }
        if (change.groups !== undefined) await regroup(transaction, id, change.groups, by);
        const signsOut =
          password !== undefined || change.secondFactor !== undefined || change.disabled === true;
        if (signsOut) await signOutEverywhere(transaction, id);
        const account = await readOne(transaction, id);
        const detail = changeDetail({ password, ...change }, account);
        await audit.append(doneBy(by, 'user.changed', partyOf(user), detail), transaction);
        return account;
      });
    },

    join: (id, groupId, by) => regroupTo(id, (before) => [...before, groupId], by),

    leave: (id, groupId, by) =>
      regroupTo(id, (before) => before.filter((group) => group !== groupId), by),

    remove: async (id, by) => {
      const estate = await changing(id, by, async (transaction, user) => {
        const found = await estates.ofUser(transaction, id);
        await signOutEverywhere(transaction, id);
        await estates.giveUp(transaction, found);
        await transaction.deleteFrom('users').where('id', '=', id).execute();
        const { sessions, disks, diskBytes } = found.freed;
        const detail = { sessionsEnded: sessions, disks, diskBytes };
        await audit.append(doneBy(by, 'user.removed', partyOf(user), detail), transaction);
        return found;
      });
      await estates.destroy(estate);
      return estate.freed;
    },
  };
}

async function find(db: Database, id: string): Promise<UserTable> {
  const row = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw new CodedError('not-found', { detail: 'user' });
  if (row.kind === 'terminal') {
    throw new CodedError('change-conflict', { detail: 'it is the account of a terminal' });
  }
  return row;
}

async function readOne(db: Database, id: string): Promise<Account> {
  const [account] = await readAccounts(db, id);
  if (account === undefined) throw new CodedError('not-found', { detail: 'user' });
  return account;
}

type NewRow = Pick<NewUser, 'username' | 'displayName' | 'secondFactor'> & {
  id: string;
  now: number;
};

function newRow({ id, username, displayName, secondFactor, now }: NewRow) {
  return {
    id,
    username,
    display_name: displayName,
    kind: 'person',
    identity_provider: null,
    subject: null,
    totp_secret: null,
    totp_step: null,
    totp_required: secondFactor === 'required' ? 1 : 0,
    disabled_at: null,
    created_at: now,
  } as const;
}

function columnsOf(
  { displayName, disabled, secondFactor }: Omit<UserChange, 'password'>,
  user: UserTable,
  now: number,
): Partial<UserTable> {
  return {
    ...(displayName === undefined ? {} : { display_name: displayName }),
    ...(disabled === undefined ? {} : { disabled_at: disabled ? (user.disabled_at ?? now) : null }),
    ...(secondFactor === undefined
      ? {}
      : {
          totp_secret: null,
          totp_step: null,
          totp_required: secondFactor === 'required' ? 1 : 0,
        }),
  };
}

function assertHasPassword(user: UserTable): void {
  if (user.identity_provider === null) return;
  const detail = `the password is with the identity provider ${user.identity_provider}`;
  throw new CodedError('change-conflict', { detail });
}

function changeDetail(change: UserChange, account: Account) {
  return {
    changed: fieldsOf(change),
    ...(change.disabled === undefined ? {} : { disabled: change.disabled }),
    ...(change.groups === undefined ? {} : { groups: namesOf(account.groups) }),
  };
}

function namesOf(groups: Account['groups']): string {
  return listed(groups.map(({ name }) => name));
}

function partyOf({ id, username }: Pick<UserTable, 'id' | 'username'>): AuditParty {
  return { kind: 'user', id, name: username };
}
