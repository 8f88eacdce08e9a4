import { builtInGroupIds } from '../store/built-in.ts';
import type { Database } from '../store/store.ts';
import { assertKnown } from './known-ids.ts';

/** The source of those memberships that no identity provider claims. */
export const byAdministrator = '';

/**
 * Puts a user into these groups, and `everyone`, in place of those that an administrator put them
 * into before. What an identity provider claims of them stays.
 */
export async function replaceMemberships(
  transaction: Database,
  userId: string,
  groupIds: readonly string[],
): Promise<void> {
  await assertKnown(transaction, 'groups', groupIds);
  await transaction
    .deleteFrom('group_members')
    .where('user_id', '=', userId)
    .where('source', '=', byAdministrator)
    .execute();
  const all = new Set([...groupIds, builtInGroupIds.everyone]);
  await transaction
    .insertInto('group_members')
    .values(
      [...all].map((group_id) => ({
        group_id,
        user_id: userId,
        source: byAdministrator,
        claim: '',
      })),
    )
    .execute();
}

/** The groups that an administrator put the user into. */
export async function membershipsOf(db: Database, userId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('group_members')
    .select('group_id')
    .where('user_id', '=', userId)
    .where('source', '=', byAdministrator)
    .execute();
  return rows.map(({ group_id }) => group_id);
}
