import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../../contract/clock.ts';
import type { AsyncDisposable } from '../../contract/disposable.ts';
import { every } from '../every.ts';
import { brokerItself } from './actor.ts';
import type { AuditLog } from './audit-log.ts';

type Deps = {
  audit: Pick<AuditLog, 'verify' | 'prune'>;
  clock: Clock;
  log: Pick<FastifyBaseLogger, 'error'>;
  /** 0 keeps everything. */
  days: number;
};

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Removes what is too old from the audit log, now and each day. A log that is not as it was written
 * is left alone: what is wrong with it may be all that tells who did it.
 */
export function keepAuditDays({ audit, clock, log, days }: Deps): AsyncDisposable {
  let round = Promise.resolve();

  async function prune(): Promise<void> {
    const { sound, brokenAt } = await audit.verify();
    if (sound) await audit.prune(clock.now() - days * dayMs, brokerItself);
    else log.error({ code: 'audit-broken', brokenAt }, 'the audit log is not as it was written');
  }

  function begin(): void {
    round = round.then(prune).catch((error: unknown) => {
      log.error({ err: error }, 'old entries of the audit log could not be removed');
    });
  }

  if (days === 0) return { dispose: async () => undefined };
  begin();
  const rounds = every(clock, dayMs, begin);
  return {
    dispose: async () => {
      rounds.dispose();
      await round;
    },
  };
}
