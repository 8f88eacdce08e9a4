import type { AuditVerification } from '../../contract/admin.ts';
import { auditEventSchema } from '../../contract/audit.ts';
import type { AuditEventTable } from '../store/schema.ts';
import type { Database } from '../store/store.ts';
import { type Link, readPage, readStart } from './audit-rows.ts';
import { hashOf } from './event-hash.ts';

/**
 * Goes through all events, the oldest first, up to the first that is not as it was written. What
 * was cut off at the end is only missed by who noted a hash: then the log has to have it still.
 */
export async function verifyChain(db: Database, noted?: string): Promise<AuditVerification> {
  // Together, lest retention comes in between.
  const [start, first] = await db
    .transaction()
    .setAccessMode('read only')
    .setIsolationLevel('repeatable read')
    .execute(async (transaction) => {
      const link = await readStart(transaction);
      return [link, await readPage(transaction, 0)] as const;
    });
  let head = start;
  let events = 0;
  let found = noted === undefined || noted === start.hash;
  for (let page = first; page.length > 0; page = await readPage(db, head.number)) {
    for (const row of page) {
      if (!follows(row, head)) return broken(events, head);
      head = row;
      events += 1;
      found ||= row.hash === noted;
    }
  }
  return found ? { sound: true, events, head: head.hash, brokenAt: null } : broken(events, head);
}

function broken(events: number, { number, hash }: Link): AuditVerification {
  return { sound: false, events, head: hash, brokenAt: number + 1 };
}

/** Whether this is the event after that one, as it was written. */
function follows(row: AuditEventTable, before: Link): boolean {
  const event = parsed(row);
  return (
    event !== null &&
    row.number === before.number + 1 &&
    event.number === row.number &&
    event.previous === before.hash &&
    hashOf(row.event) === row.hash &&
    Date.parse(event.at) === row.at &&
    event.action === row.action &&
    event.actor.id === row.actor_id
  );
}

function parsed({ event, hash }: AuditEventTable) {
  try {
    return auditEventSchema.parse({ ...JSON.parse(event), hash });
  } catch {
    // Whatever it is, it is no event that was written here.
    return null;
  }
}
