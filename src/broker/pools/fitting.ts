import { CodedError } from '../../contract/errors.ts';
import type { PoolFields } from './pool-rows.ts';

/** @throws invalid-request for what does not go together, saying what to choose instead */
export function assertFits(pool: PoolFields): void {
  if (pool.engine === 'os-level' && pool.persistence === 'persistent') {
    throw unfit('an os-level desktop keeps nothing: choose para or full for a persistent pool');
  }
  if (pool.engine === 'os-level' && pool.suspendAfterMinutes !== null) {
    throw unfit(
      'an os-level desktop cannot be suspended: choose para or full, or leave it running',
    );
  }
  if (pool.persistence === 'persistent' && pool.spares > 0) {
    throw unfit('a persistent desktop begins with its user’s disk: there can be no spares');
  }
}

function unfit(detail: string): CodedError {
  return new CodedError('invalid-request', { detail });
}
