import type { Database } from '../store/store.ts';
import { readHead, readStart } from './audit-rows.ts';

/** How many events go in one transaction, which is some milliseconds. */
const batch = 500;

/** The number of the first event that is not from before a time (in ms), written yet or not. */
export async function firstKept(transaction: Database, before: number): Promise<number> {
  const { first } = await transaction
    .selectFrom('audit_events')
    .select(({ fn }) => fn.min('number').as('first'))
    .where('at', '>=', before)
    .executeTakeFirstOrThrow();
  return first ?? (await readHead(transaction)).number + 1;
}

/**
 * Removes some of the oldest events before the one with this number, and keeps the hash that the
 * rest of the chain begins with.
 * @returns how many
 */
export async function pruneEvents(transaction: Database, end: number): Promise<number> {
  const { number: removed } = await readStart(transaction);
  const last = await transaction
    .selectFrom('audit_events')
    .select(['number', 'hash'])
    .where('number', '<', Math.min(end, removed + 1 + batch))
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (last === undefined) return 0;
  const start = { number: last.number + 1, hash: last.hash };
  await transaction.updateTable('audit_start').set(start).execute();
  await transaction.deleteFrom('audit_events').where('number', '<', start.number).execute();
  return last.number - removed;
}
