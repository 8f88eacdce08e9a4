import { type AuditEvent, auditEventSchema } from '../../contract/audit.ts';
import type { AuditEventTable } from '../store/schema.ts';
import type { Database } from '../store/store.ts';

/** How many events are read at a time. */
export const pageSize = 500;

/** Where the chain begins or ends: the number of an event and the hash of it. */
export type Link = { number: number; hash: string };

/** The event before the oldest that is left; number 0 and zeros where none was ever removed. */
export async function readStart(db: Database): Promise<Link> {
  const { number, hash } = await db
    .selectFrom('audit_start')
    .select(['number', 'hash'])
    .executeTakeFirstOrThrow();
  return { number: number - 1, hash };
}

/** The newest event, or what the next one refers to where there is none. */
export async function readHead(db: Database): Promise<Link> {
  const row = await db
    .selectFrom('audit_events')
    .select(['number', 'hash'])
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ?? readStart(db);
}

/** The oldest events after the one with this number. */
export function readPage(db: Database, after: number): Promise<AuditEventTable[]> {
  return db
    .selectFrom('audit_events')
    .selectAll()
    .where('number', '>', after)
    .orderBy('number')
    .limit(pageSize)
    .execute();
}

export function eventOf({ event, hash }: Pick<AuditEventTable, 'event' | 'hash'>): AuditEvent {
  return auditEventSchema.parse({ ...JSON.parse(event), hash });
}
