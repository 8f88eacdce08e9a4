import { CodedError } from '../../contract/errors.ts';
import type { Database } from '../store/store.ts';

const words = {
  groups: 'group',
  roles: 'role',
  pools: 'pool',
  terminal_groups: 'group of terminals',
} as const;

/** @throws invalid-request for the first id that is of nothing */
export async function assertKnown(
  db: Database,
  table: keyof typeof words,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  const rows = await db.selectFrom(table).select('id').where('id', 'in', ids).execute();
  const known = new Set(rows.map(({ id }) => id));
  const unknown = ids.find((id) => !known.has(id));
  if (unknown === undefined) return;
  throw new CodedError('invalid-request', { detail: `there is no ${words[table]} ${unknown}` });
}
