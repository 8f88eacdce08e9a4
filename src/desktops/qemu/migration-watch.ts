import { CodedError } from '../../contract/errors.ts';

/** Waits for the end of a migration, of which QEMU tells by events (capability `events`). */
export class MigrationWatch {
  #current: PromiseWithResolvers<void> | null = null;

  /** Resolves when the next migration is complete. @throws guest-failed */
  next(): Promise<void> {
    const waiter = Promise.withResolvers<void>();
    waiter.promise.catch(() => undefined); // whoever waits hears of it
    this.#current = waiter;
    return waiter.promise;
  }

  /** A status as the event MIGRATION tells it (QAPI MigrationStatus). */
  see(status: string): void {
    if (status === 'completed') this.#current?.resolve();
    if (status === 'failed' || status === 'cancelled')
      this.fail(`its state could not be moved: ${status}`);
  }

  fail(detail: string): void {
    this.#current?.reject(new CodedError('guest-failed', { detail }));
  }
}
