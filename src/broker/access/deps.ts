import type { Clock } from '../../contract/clock.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Database } from '../store/store.ts';

/** What every service that changes something needs. Each change and its audit entry are one. */
export type AccessDeps = {
  db: Database;
  clock: Clock;
  audit: Pick<AuditLog, 'append'>;
};
