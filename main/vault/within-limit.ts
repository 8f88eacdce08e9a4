import type { Clock } from '../../src/contract/clock.ts';

/** What the keychain answers. @throws an Error when it has not answered after `limitMs` */
export function withinLimit<T>(clock: Clock, limitMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const limit = clock.after(limitMs, () => reject(new Error('the keychain does not answer')));
    work.then(resolve, reject).finally(() => limit.dispose());
  });
}
