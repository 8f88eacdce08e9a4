import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { AuditEvent } from '../../contract/audit.ts';

/** The form of RFC 8785, so that whoever has the event can compute its hash. */
export function canonicalEvent(event: Omit<AuditEvent, 'hash'>): string {
  const text = canonicalize(event);
  if (text === undefined) throw new TypeError('an audit event is an object');
  return text;
}

/** SHA-256 of an event in that form, hexadecimal. */
export function hashOf(canonical: string): string {
  return createHash('sha256').update(canonical).digest('hex');
}
