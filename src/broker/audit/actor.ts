import type { AuditEntry } from '../../contract/audit.ts';

/** Who does something to the broker, and from where, as the audit log tells it. */
export type Actor = Pick<AuditEntry, 'actor' | 'address' | 'terminalId'>;

/** Whoever may run `porthole admin` on the broker's own machine. */
export const commandLine: Actor = {
  actor: { kind: 'command-line', id: '', name: '' },
  address: null,
  terminalId: null,
};

export const brokerItself: Actor = {
  actor: { kind: 'broker', id: '', name: '' },
  address: null,
  terminalId: null,
};

/** Whoever it was, the broker does not know them. */
export function nobodyAt(address: string | null, terminalId: string | null = null): Actor {
  return { actor: { kind: 'nobody', id: '', name: '' }, address, terminalId };
}
