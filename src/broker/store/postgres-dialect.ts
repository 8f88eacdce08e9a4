import {
  type Dialect,
  PostgresAdapter,
  PostgresDriver,
  PostgresIntrospector,
  type PostgresPool,
  type PostgresPoolClient,
  PostgresQueryCompiler,
} from 'kysely';
import pg from 'pg';
import { asPostgresError } from './postgres-error.ts';

/** How long a connection, or a lock that another holds, is waited for. */
const patienceMs = 10_000;

/** A broker that vanished in the midst of a transaction holds everybody else up no longer. */
const idleInTransactionMs = 60_000;

const { INT8, NUMERIC } = pg.types.builtins;

/** Runs Kysely's queries on PostgreSQL. Nothing is connected before the first of them. */
export function createPostgresDialect(connectionString: string): Dialect {
  const pool = () => adaptPool(createPool(connectionString));
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new PostgresDriver({ pool: async () => pool() }),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

function createPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    application_name: 'porthole',
    connectionTimeoutMillis: patienceMs,
    lock_timeout: patienceMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    keepAlive: true,
    types: { getTypeParser },
  });
  // Without a listener the loss of a connection that nobody waits on would end the process. The
  // pool drops it by itself, and whoever uses it meanwhile is told by their next query.
  const drop = () => undefined;
  pool.on('error', drop);
  pool.on('connect', (client) => client.on('error', drop));
  return pool;
}

/** Whole numbers beyond 32 bits, and sums of them, come as text otherwise. Ours are below 2^53. */
function getTypeParser(...[type, format]: Parameters<pg.CustomTypesConfig['getTypeParser']>) {
  return type === INT8 || type === NUMERIC ? Number : pg.types.getTypeParser(type, format);
}

function adaptPool(pool: pg.Pool): PostgresPool {
  return {
    connect: async () => adaptClient(await withStoreErrors(() => pool.connect())),
    end: () => pool.end(),
  };
}

function adaptClient(client: pg.PoolClient): PostgresPoolClient {
  const query = (sql: string, parameters: readonly unknown[]) =>
    withStoreErrors(() => client.query(sql, [...parameters]));
  return {
    // The type has cursors too, which Kysely asks for only where the dialect was given them.
    query: query as unknown as PostgresPoolClient['query'],
    release: () => client.release(),
  };
}

async function withStoreErrors<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw asPostgresError(error);
  }
}
