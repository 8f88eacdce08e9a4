import { once } from 'node:events';
import pg from 'pg';
import { type Clock, pause } from '../../contract/clock.ts';
import type { AsyncDisposable } from '../../contract/disposable.ts';
import { CodedError } from '../../contract/errors.ts';
import { every } from '../every.ts';
import { asPostgresError, postgresState } from './postgres-error.ts';
import { assertAddress } from './postgres-store.ts';

/** The number of the lock within its database: "porthole" in ASCII. */
const lockNumber = '8101820098956717157';

/** How long the server may take to notice that a broker before this one was killed. */
const patienceMs = 3_000;
const answerWithinMs = 10_000;
/** SQLSTATE: the lock was waited for in vain. */
const lockNotAvailable = '55P03';

const askEveryMs = 10_000;
const againMs = 1_000;

type Deps = {
  clock: Clock;
  /** Another has the lock: it took it while the server, or the way to it, was gone. */
  onTaken(error: CodedError): void;
};

/**
 * Holds a PostgreSQL database for one broker. The lock is that of a connection of its own, so that
 * the server lets go of it when its holder is killed. A connection that is lost is made anew until
 * it has the lock again, or another has.
 * @throws broker-running, store-unreachable
 */
export async function lockPostgres(
  url: string,
  { clock, onTaken }: Deps,
): Promise<AsyncDisposable> {
  assertAddress(url);
  const ending = new AbortController();
  let client = await takeLock(url);
  // A server that lost its power does not say goodbye.
  const asking = every(clock, askEveryMs, () => {
    client.query('select 1').catch(() => end(client));
  });
  const keeping = keep().catch((error: unknown) => {
    if (!ending.signal.aborted) onTaken(error instanceof CodedError ? error : taken(error));
  });

  async function keep(): Promise<void> {
    for (;;) {
      await once(client, 'end', { signal: ending.signal });
      client = await takeAgain();
    }
  }

  async function takeAgain(): Promise<pg.Client> {
    for (;;) {
      try {
        return await takeLock(url);
      } catch (error) {
        if (!isUnreachable(error)) throw error;
        await pause(clock, againMs, ending.signal);
      }
    }
  }

  return {
    dispose: async () => {
      asking.dispose();
      ending.abort();
      await keeping;
      await end(client);
    },
  };
}

async function takeLock(connectionString: string): Promise<pg.Client> {
  const client = clientOf(connectionString);
  try {
    await client.connect();
    await client.query('select pg_advisory_lock($1)', [lockNumber]);
    return client;
  } catch (error) {
    await end(client);
    throw postgresState(error) === lockNotAvailable ? taken(error) : asPostgresError(error);
  }
}

async function end(client: pg.Client): Promise<void> {
  await client.end().catch(() => {
    // It is not connected any more, or never was: the lock is not there either.
  });
}

function clientOf(connectionString: string): pg.Client {
  try {
    const client = new pg.Client({
      connectionString,
      application_name: 'porthole lock',
      connectionTimeoutMillis: answerWithinMs,
      query_timeout: answerWithinMs,
      lock_timeout: patienceMs,
      keepAlive: true,
    });
    // Its end is what tells; without a listener the error before it would end the process.
    client.on('error', () => undefined);
    return client;
  } catch (error) {
    throw asPostgresError(error);
  }
}

function isUnreachable(error: unknown): boolean {
  return error instanceof CodedError && error.code === 'store-unreachable';
}

function taken(cause: unknown): CodedError {
  return new CodedError('broker-running', { detail: 'its database is in use', cause });
}
