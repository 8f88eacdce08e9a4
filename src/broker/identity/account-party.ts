import type { AuditParty } from '../../contract/audit.ts';
import type { Database } from '../store/store.ts';
import type { AccountId } from './provider/accounts.ts';

/** Who an account is, by name, for the audit log. Whoever was removed has none. */
export async function partyOfAccount(db: Database, { kind, id }: AccountId): Promise<AuditParty> {
  const row =
    kind === 'terminal'
      ? await db.selectFrom('terminals').select('name').where('id', '=', id).executeTakeFirst()
      : await db
          .selectFrom('users')
          .select('username as name')
          .where('id', '=', id)
          .executeTakeFirst();
  return { kind, id, name: row?.name ?? '' };
}
