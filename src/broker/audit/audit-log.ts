import type { z } from 'zod';
import type { AuditVerification, auditQuerySchema } from '../../contract/admin.ts';
import { type AuditEntry, type AuditEvent, auditEntrySchema } from '../../contract/audit.ts';
import type { Clock } from '../../contract/clock.ts';
import type { Database } from '../store/store.ts';
import type { Actor } from './actor.ts';
import { eventOf, pageSize, readHead, readPage } from './audit-rows.ts';
import { canonicalEvent, hashOf } from './event-hash.ts';
import { pruneEvents } from './retention.ts';
import { verifyChain } from './verify-chain.ts';

export type AuditQuery = z.output<typeof auditQuerySchema>;

export type AuditLog = {
  /**
   * Writes down what was done, or refused: in the transaction that does it, so that neither is there
   * without the other.
   * @throws ZodError when it is no entry, a name is too long for instance
   */
  append(entry: AuditEntry, transaction?: Database): Promise<AuditEvent>;
  /** The newest first. */
  list(query: AuditQuery): Promise<AuditEvent[]>;
  /** @param options.head a hash that was noted once; it has to be there still */
  verify(options?: { head?: string | undefined }): Promise<AuditVerification>;
  /** Every event as a line of JSON with its line feed, the oldest first. */
  exportLines(): AsyncIterable<string>;
  /**
   * Removes what was written before a time (in ms), and says so in the log.
   * @returns how many events are gone
   */
  prune(before: number, by: Actor): Promise<number>;
};

type Deps = { db: Database; clock: Clock };

export function createAuditLog({ db, clock }: Deps): AuditLog {
  async function write(entry: AuditEntry, transaction: Database): Promise<AuditEvent> {
    const head = await readHead(transaction);
    const at = clock.now();
    const event = {
      ...entry,
      number: head.number + 1,
      at: new Date(at).toISOString(),
      previous: head.hash,
    };
    const canonical = canonicalEvent(event);
    const hash = hashOf(canonical);
    await transaction
      .insertInto('audit_events')
      .values({
        number: event.number,
        at,
        action: event.action,
        event: canonical,
        actor_id: event.actor.id,
        hash,
      })
      .execute();
    return { ...event, hash };
  }

  async function append(entry: AuditEntry, transaction?: Database): Promise<AuditEvent> {
    const checked = auditEntrySchema.parse(entry);
    return transaction?.isTransaction
      ? write(checked, transaction)
      : db.transaction().execute((own) => write(checked, own));
  }

  return {
    append,

    list: async ({ before, limit, action, actor }) => {
      let query = db.selectFrom('audit_events').select(['event', 'hash']);
      if (before !== undefined) query = query.where('number', '<', before);
      if (action !== undefined) query = query.where('action', '=', action);
      if (actor !== undefined) query = query.where('actor_id', '=', actor);
      const rows = await query.orderBy('number', 'desc').limit(limit).execute();
      return rows.map(eventOf);
    },

    verify: ({ head } = {}) => verifyChain(db, head),

    exportLines: async function* () {
      let page = await readPage(db, 0);
      while (page.length > 0) {
        for (const row of page) yield `${JSON.stringify(eventOf(row))}\n`;
        page = page.length < pageSize ? [] : await readPage(db, page.at(-1)?.number ?? 0);
      }
    },

    prune: (before, by) =>
      db.transaction().execute(async (transaction) => {
        const removed = await pruneEvents(transaction, before);
        if (removed > 0) {
          const detail = { events: removed, before: new Date(before).toISOString() };
          const done = { target: null, outcome: 'done', code: null, detail } as const;
          await append({ ...by, ...done, action: 'audit.pruned' }, transaction);
        }
        return removed;
      }),
  };
}
