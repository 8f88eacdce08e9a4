import type { z } from 'zod';
import type { AuditVerification, auditQuerySchema } from '../../contract/admin.ts';
import { type AuditEntry, type AuditEvent, auditEntrySchema } from '../../contract/audit.ts';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Database } from '../store/store.ts';
import type { Actor } from './actor.ts';
import { eventOf, pageSize, readHead, readPage, readStart } from './audit-rows.ts';
import { canonicalEvent, hashOf } from './event-hash.ts';
import { firstKept, pruneEvents } from './retention.ts';
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
   * Removes what was written before a time (in ms), and says so in the log. A few at a time, so that
   * nobody else who writes has to wait; what a crash leaves is removed the next time.
   * @returns how many events are gone
   * @throws change-conflict when that time is still to come
   */
  prune(before: number, by: Actor): Promise<number>;
};

type Deps = { db: Database; clock: Clock };

/** Kinds of actors that a query calls by what they are. */
const withoutId: ReadonlySet<string> = new Set(['command-line', 'broker', 'nobody']);

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
      if (actor !== undefined) {
        // In the form of RFC 8785 the kind can be looked for as text.
        query = withoutId.has(actor)
          ? query
              .where('actor_id', '=', '')
              .where('event', 'like', `%"actor":{"id":"","kind":"${actor}",%`)
          : query.where('actor_id', '=', actor);
      }
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

    prune: async (before, by) => {
      const until = new Date(before).toISOString();
      if (before > clock.now()) {
        throw new CodedError('change-conflict', { detail: `${until} is still to come` });
      }
      const { end, events } = await db.transaction().execute(async (transaction) => {
        const start = await readStart(transaction);
        const end = await firstKept(transaction, before);
        const events = end - start.number - 1;
        if (events > 0) {
          const detail = { events, before: until };
          const done = { target: null, outcome: 'done', code: null, detail } as const;
          await append({ ...by, ...done, action: 'audit.pruned' }, transaction);
        }
        return { end, events };
      });
      const pruneSome = () =>
        db.transaction().execute((transaction) => pruneEvents(transaction, end));
      while ((await pruneSome()) > 0);
      return events;
    },
  };
}
