import { assertKnown } from '../access/known-ids.ts';
import { assertHolds } from '../access/permissions.ts';
import type { Actor } from '../audit/actor.ts';
import type { Database } from '../store/store.ts';

/**
 * Lets the members of these groups, and of no others, open desktops of a pool.
 * @throws invalid-request for an unknown group; permission-missing
 */
export async function entitleOnly(
  transaction: Database,
  pool_id: string,
  groups: readonly string[],
  by: Actor,
): Promise<void> {
  await assertHolds(transaction, by, ['users.manage']);
  await assertKnown(transaction, 'groups', groups);
  await transaction.deleteFrom('entitlements').where('pool_id', '=', pool_id).execute();
  for (const group_id of new Set(groups)) {
    await transaction.insertInto('entitlements').values({ group_id, pool_id }).execute();
  }
}
