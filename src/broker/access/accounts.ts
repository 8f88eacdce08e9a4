import type { Account } from '../../contract/admin.ts';
import type { UserTable } from '../store/schema.ts';
import type { Database } from '../store/store.ts';

/** Users as those who look after them see them, by name; or the one with the id. */
export async function readAccounts(db: Database, id?: string): Promise<Account[]> {
  const users = await db
    .selectFrom('users')
    .selectAll()
    .$if(id !== undefined, (query) => query.where('id', '=', id ?? ''))
    .orderBy('username')
    .execute();
  const memberships = await db
    .selectFrom('group_members')
    .innerJoin('groups', 'groups.id', 'group_members.group_id')
    .select(['user_id', 'groups.id', 'groups.name'])
    .distinct()
    .$if(id !== undefined, (query) => query.where('user_id', '=', id ?? ''))
    .orderBy('groups.name')
    .execute();
  const groupsOf = Map.groupBy(memberships, ({ user_id }) => user_id);
  return users.map((user) => ({
    id: user.id,
    username: user.username,
    displayName: user.display_name,
    kind: user.kind,
    identityProvider: user.identity_provider,
    groups: (groupsOf.get(user.id) ?? []).map(({ id: groupId, name }) => ({ id: groupId, name })),
    secondFactor: secondFactorOf(user),
    disabled: user.disabled_at !== null,
  }));
}

function secondFactorOf(user: UserTable): Account['secondFactor'] {
  if (user.totp_secret !== null) return 'set';
  return user.totp_required === 1 ? 'required' : 'off';
}
