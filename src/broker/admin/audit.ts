import type { z } from 'zod';
import { auditQuerySchema } from '../../contract/admin.ts';
import { doneBy } from '../access/audit-entry.ts';
import { commandLine } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { checkedInput } from '../checked-input.ts';

type Deps = { audit: Pick<AuditLog, 'append' | 'list' | 'verify' | 'exportLines' | 'prune'> };

export function auditAdmin({ audit }: Deps) {
  return {
    /** The newest first. */
    listAudit: (query: z.input<typeof auditQuerySchema> = {}) =>
      audit.list(checkedInput(auditQuerySchema, query)),

    /** @param head hash of an event that must still be there */
    verifyAudit: (head?: string) => audit.verify({ head }),

    /** Lines of JSON, the oldest event first. */
    exportAudit: async (): Promise<AsyncIterable<string>> => {
      await audit.append(doneBy(commandLine, 'audit.exported', null));
      return audit.exportLines();
    },

    /** Removes what was written before this moment, and tells how much that was. */
    pruneAudit: (before: number) => audit.prune(before, commandLine),
  };
}
