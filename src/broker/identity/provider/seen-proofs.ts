import { type Adapter, errors } from 'oidc-provider';
import type { Clock } from '../../../contract/clock.ts';
import type { ErrorCode } from '../../../contract/errors.ts';
import type { Database } from '../../store/store.ts';

const replayed: ErrorCode = 'proof-invalid';

/**
 * Where oidc-provider notes which proofs it has seen (RFC 9449 section 11.1). It looks first and
 * writes then, between which another request can look; and it calls a replay an `invalid_grant`,
 * which means to a terminal that its token is worthless. So nothing is ever found here, and to write
 * what is there already is refused.
 */
export function createSeenProofs(
  { db, clock }: { db: Database; clock: Clock },
  base: Adapter,
): Adapter {
  const model = 'ReplayDetection';
  return {
    ...base,
    find: async () => undefined,
    upsert: async (id, payload, expiresIn) => {
      const now = clock.now();
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('oidc_artifacts')
        .values({
          model,
          id,
          payload: JSON.stringify(payload),
          account_id: null,
          grant_id: null,
          user_code: null,
          uid: null,
          created_at: now,
          expires_at: expiresIn === undefined ? null : now + expiresIn * 1000,
          consumed_at: null,
        })
        .onConflict((conflict) => conflict.columns(['model', 'id']).doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows === 0n) throw new errors.InvalidDpopProof(replayed);
    },
  };
}
