import { Kysely, sql, type Transaction, type TransactionBuilder } from 'kysely';
import { isConflict } from './postgres-error.ts';
import type { Tables } from './schema.ts';

/** How often a transaction is begun anew that PostgreSQL could not bring into line with others. */
const attempts = 5;

type Work<T> = (transaction: Transaction<Tables>) => Promise<T>;

/**
 * PostgreSQL with the promise that SQLite makes by itself: transactions that write come one after
 * the other, and each sees all that those before it did. The first statement of each is a lock that
 * only they take; it comes before the snapshot (PostgreSQL's manual, LOCK), so that what is read
 * next is new. What single statements beside them make impossible is tried again from the start:
 * the work of a transaction is on nothing but the database.
 */
export class SerialDatabase extends Kysely<Tables> {
  override transaction(): TransactionBuilder<Tables> {
    const builder = super.transaction().setIsolationLevel('serializable');
    const execute = builder.execute.bind(builder);
    return Object.assign(builder, {
      execute: <T>(work: Work<T>) =>
        retried(() =>
          execute(async (transaction) => {
            await sql`lock table audit_start in exclusive mode`.execute(transaction);
            return work(transaction);
          }),
        ),
    });
  }
}

async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = attempts - 1; ; left -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 0 || !isConflict(error)) throw error;
    }
  }
}
