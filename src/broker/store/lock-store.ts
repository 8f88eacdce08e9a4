import type { Clock } from '../../contract/clock.ts';
import type { AsyncDisposable } from '../../contract/disposable.ts';
import type { CodedError } from '../../contract/errors.ts';
import { lockPostgres } from './postgres-lock.ts';
import type { StoreLocation } from './store.ts';

type Deps = { clock: Clock; onTaken(error: CodedError): void };

/**
 * Keeps a second broker off a store that may be reached from elsewhere. One in the data folder is
 * kept by the lock of that folder.
 * @throws broker-running, store-unreachable
 */
export async function lockStore(
  { databaseUrl }: StoreLocation,
  deps: Deps,
): Promise<AsyncDisposable> {
  if (databaseUrl !== undefined) return lockPostgres(databaseUrl, deps);
  return { dispose: async () => undefined };
}
