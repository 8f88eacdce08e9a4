import type { AuditAction } from '../../src/contract/audit.ts';
import { type ErrorCode, errorCodes } from '../../src/contract/errors.ts';
import type { Reply } from '../fakes/transport.ts';
import type { AttackedBroker } from './attacked-broker.ts';

/** One line of the table: what somebody tries, and how the broker has to answer. */
export type Attack = {
  name: string;
  /** What the attacker has got hold of. */
  has: string;
  attempt(broker: AttackedBroker): Promise<Outcome>;
  refused: Outcome;
  /**
   * The entry that it leaves in the audit log. `null` where nothing is refused to anybody who would
   * be let in otherwise: the request has no meaning, or names what is not there for this user.
   */
  audit: { code: ErrorCode; route?: string; action?: AuditAction } | null;
};

/** `code` is ours where there is one, else that of OAuth; null for an answer without either. */
export type Outcome = { status: number; code: string | null };

/** How a request was answered. */
export function outcomeOf({ status, body }: Pick<Reply, 'status' | 'body'>): Outcome {
  if (typeof body !== 'object' || body === null) return { status, code: null };
  const { code, error, error_description: description } = body as Record<string, unknown>;
  const own = errorCodes.find((each) => each === code || each === description);
  return { status, code: own ?? (typeof error === 'string' ? error : null) };
}
