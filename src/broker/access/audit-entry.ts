import type { AuditAction, AuditEntry, AuditParty } from '../../contract/audit.ts';
import type { Actor } from '../audit/actor.ts';

/** The audit entry of something that was done. */
export function doneBy(
  by: Actor,
  action: AuditAction,
  target: AuditParty | null,
  detail: AuditEntry['detail'] = {},
): AuditEntry {
  return { ...by, action, target, outcome: 'done', code: null, detail };
}

/** Names as one text of a detail, cut off where there are very many. */
export function listed(names: readonly string[]): string {
  const text = names.join(', ');
  return text.length <= 400 ? text : `${text.slice(0, 399)}…`;
}

/** Which fields a change is of. */
export function fieldsOf(change: Readonly<Record<string, unknown>>): string {
  return listed(Object.keys(change).filter((field) => change[field] !== undefined));
}
