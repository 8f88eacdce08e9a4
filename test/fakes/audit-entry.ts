import type { AuditEntry } from '../../src/contract/audit.ts';

/** An entry of the audit log as tests need one, with what matters to them put over it. */
export function auditEntry(change: Partial<AuditEntry> = {}): AuditEntry {
  return {
    action: 'user.created',
    actor: { kind: 'user', id: 'ada', name: 'Ada' },
    target: { kind: 'user', id: 'bob', name: 'Bob' },
    address: '192.0.2.1',
    terminalId: null,
    outcome: 'done',
    code: null,
    detail: { groups: 'everyone' },
    ...change,
  };
}
