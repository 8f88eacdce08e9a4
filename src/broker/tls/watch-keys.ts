import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../../contract/clock.ts';
import type { AsyncDisposable } from '../../contract/disposable.ts';
import { every } from '../every.ts';
import type { BrokerKeys } from './broker-keys.ts';
import { readChain } from './chain.ts';
import type { ServerCertificate } from './server-certificate.ts';

export type KeyWatch = AsyncDisposable & {
  /** Looks now, and not only when the time has come. Tells its faults by the log. */
  look(): Promise<void>;
};

export type KeyWatchDeps = {
  keys: Pick<BrokerKeys, 'certificate' | 'refresh'>;
  clock: Clock;
  log: FastifyBaseLogger;
  onCertificate(certificate: ServerCertificate): Promise<void>;
};

/** A certificate that is this near its end was not renewed in time. */
const nearEndMs = 14 * 24 * 60 * 60 * 1000;
const warnEveryMs = 24 * 60 * 60 * 1000;

/** Files are looked at rather than watched: links, mounts and renames are all the same then. */
const lookEveryMs = 10_000;

/** Keeps what the broker shows in step with its files, and its certificate from running out. */
export function watchKeys({ keys, clock, log, onCertificate }: KeyWatchDeps): KeyWatch {
  let lastFault = '';
  let warnedAt = Number.NEGATIVE_INFINITY;

  /** Once a day: terminals stop at the hour when it has run out. */
  function warnNearEnd(): void {
    const [leaf] = readChain(keys.certificate().chain);
    const now = clock.now();
    if (leaf === undefined || leaf.validToDate.getTime() - now > nearEndMs) return;
    if (now - warnedAt < warnEveryMs) return;
    warnedAt = now;
    log.warn({ validUntil: leaf.validToDate.toISOString() }, 'the certificate runs out soon');
  }

  async function look(): Promise<void> {
    try {
      if (await keys.refresh()) await onCertificate(keys.certificate());
      lastFault = '';
    } catch (error) {
      const fault = error instanceof Error ? error.message : String(error);
      // Once for each fault: it stays until somebody mends it.
      if (fault !== lastFault) {
        log.error({ err: error }, 'the certificate cannot be renewed; the one before stays');
      }
      lastFault = fault;
    }
    warnNearEnd();
  }

  // One look after the other, whoever asks.
  let looking = Promise.resolve();
  const lookInTurn = () => {
    looking = looking.then(look);
    return looking;
  };
  const rounds = every(clock, lookEveryMs, () => void lookInTurn());
  return {
    look: lookInTurn,
    dispose: async () => {
      rounds.dispose();
      await looking;
    },
  };
}
