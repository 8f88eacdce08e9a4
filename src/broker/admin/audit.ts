import type { z } from 'zod';
import { auditQuerySchema } from '../../contract/admin.ts';
import { doneBy } from '../access/audit-entry.ts';
import { commandLine } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { checkedInput } from '../checked-input.ts';
import type { Names } from './names.ts';

type Deps = {
  audit: Pick<AuditLog, 'append' | 'list' | 'verify' | 'exportLines' | 'prune'>;
  names: Pick<Names, 'actor'>;
};

export function auditAdmin({ audit, names }: Deps) {
  return {
    /** The newest first. `actor` is the name of a user or terminal, or as the query has it. */
    listAudit: async ({ actor, ...query }: z.input<typeof auditQuerySchema> = {}) => {
      const id = actor && (await names.actor(actor));
      return audit.list(checkedInput(auditQuerySchema, { ...query, actor: id }));
    },

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
