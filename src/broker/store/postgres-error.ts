import { DatabaseError } from 'pg';
import { CodedError, type ErrorCode } from '../../contract/errors.ts';

/**
 * Classes of SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html), or whole ones, that a
 * person can do something about. The longer one counts.
 */
const codes: Readonly<Record<string, ErrorCode>> = {
  '08': 'store-unreachable', // connection exception
  '28': 'store-unreachable', // invalid authorization
  '3D': 'store-unreachable', // no such database
  '53100': 'disk-full',
  '53300': 'store-unreachable', // too many connections
  '57P': 'store-unreachable', // the server stops, or is starting
  XX001: 'store-damaged',
  XX002: 'store-damaged',
};

/** SQLSTATE of an error that PostgreSQL answered with; null for any other error. */
export function postgresState(error: unknown): string | null {
  return error instanceof DatabaseError ? (error.code ?? null) : null;
}

/** Whether it is worth trying a transaction again (PostgreSQL's manual, section 13.5). */
export function isConflict(error: unknown): boolean {
  const state = postgresState(error);
  return state === '40001' || state === '40P01';
}

/**
 * The coded error for a fault of PostgreSQL, or the error itself where the catalogue has none. What
 * did not come from the server is about the way to it.
 */
export function asPostgresError(error: unknown): unknown {
  const state = postgresState(error);
  const code = state === null ? 'store-unreachable' : codeOf(state);
  if (code === undefined) return error;
  // An address that cannot be read is told of as it is, with the password.
  const cause = error instanceof TypeError ? undefined : error;
  return new CodedError(code, { detail: reasonOf(error), cause });
}

function codeOf(state: string): ErrorCode | undefined {
  return codes[state] ?? codes[state.slice(0, 3)] ?? codes[state.slice(0, 2)];
}

/** Node tries all addresses of a name, and tells of each attempt but nothing of the whole. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
