import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { createAuditLog } from '../../src/broker/audit/audit-log.ts';
import { openStore } from '../../src/broker/store/store.ts';
import { systemClock } from '../../src/contract/clock.ts';
import { auditEntry } from '../fakes/audit-entry.ts';

/**
 * A process that writes to a store until it is killed: a group and its audit entry at a time. Says
 * the id of each in a line once it is committed. Argument: data folder; DATABASE_URL as for brokers.
 */
const [dataDir = ''] = process.argv.slice(2);
const { db } = await openStore({ dataDir, databaseUrl: process.env.DATABASE_URL });
const audit = createAuditLog({ db, clock: systemClock });
for (;;) {
  const id = randomUUID();
  await db.transaction().execute(async (transaction) => {
    await transaction.insertInto('groups').values({ id, name: id, built_in: 0 }).execute();
    const target = { kind: 'group', id, name: id } as const;
    await audit.append(auditEntry({ action: 'group.created', target }), transaction);
  });
  // At once: what a stream still holds when the process is killed was not said.
  writeSync(1, `${id}\n`);
}
