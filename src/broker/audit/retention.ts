import type { Database } from '../store/store.ts';
import { readHead } from './audit-rows.ts';

/**
 * Removes the oldest events, up to the first that is not from before a time (in ms), and keeps the
 * hash that the rest of the chain begins with.
 * @returns how many
 */
export async function pruneEvents(transaction: Database, before: number): Promise<number> {
  const end = await firstKept(transaction, before);
  const last = await transaction
    .selectFrom('audit_events')
    .select(['number', 'hash'])
    .where('number', '<', end)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (last === undefined) return 0;
  const start = { number: last.number + 1, hash: last.hash };
  await transaction.updateTable('audit_start').set(start).execute();
  const { numDeletedRows } = await transaction
    .deleteFrom('audit_events')
    .where('number', '<', start.number)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

async function firstKept(transaction: Database, before: number): Promise<number> {
  const { first } = await transaction
    .selectFrom('audit_events')
    .select(({ fn }) => fn.min('number').as('first'))
    .where('at', '>=', before)
    .executeTakeFirstOrThrow();
  return first ?? (await readHead(transaction)).number + 1;
}
