import { CodedError } from '../../contract/errors.ts';
import { builtInRoleIds } from '../store/built-in.ts';
import type { Database } from '../store/store.ts';

/**
 * Makes a change that must not leave the broker without anybody to look after it. One that never
 * had an administrator has nobody to lose.
 * @throws change-conflict, for the transaction to be rolled back
 */
export async function keepingAnAdministrator<T>(
  transaction: Database,
  change: () => Promise<T>,
): Promise<T> {
  const before = await hasAdministrator(transaction);
  const result = await change();
  if (before && !(await hasAdministrator(transaction))) {
    throw new CodedError('change-conflict', { detail: 'there would be no administrator left' });
  }
  return result;
}

async function hasAdministrator(db: Database): Promise<boolean> {
  const row = await db
    .selectFrom('users')
    .innerJoin('group_members', 'group_members.user_id', 'users.id')
    .innerJoin('group_roles', 'group_roles.group_id', 'group_members.group_id')
    .select('users.id')
    .where('users.kind', '=', 'person')
    .where('users.disabled_at', 'is', null)
    .where('group_roles.role_id', '=', builtInRoleIds.administrator)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
