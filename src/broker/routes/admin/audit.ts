import { doneBy } from '../../access/audit-entry.ts';
import type { AuditLog } from '../../audit/audit-log.ts';
import type { Handlers } from '../handlers.ts';

type Deps = { audit: Pick<AuditLog, 'append' | 'list' | 'exportLines' | 'verify'> };

export function auditHandlers({
  audit,
}: Deps): Pick<Handlers, 'listAudit' | 'exportAudit' | 'verifyAudit'> {
  return {
    listAudit: async ({ query }) => ({ events: await audit.list(query) }),
    exportAudit: async ({ caller }) => {
      await audit.append(doneBy(caller.by, 'audit.exported', null));
      return audit.exportLines();
    },
    verifyAudit: ({ query }) => audit.verify(query),
  };
}
