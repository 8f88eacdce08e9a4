import { sqliteResult } from '../../desktops/sqlite-error.ts';
import { postgresState } from './postgres-error.ts';

/**
 * Whether a row was refused because one like it is there: SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY, or
 * PostgreSQL's unique_violation.
 */
export function isDuplicate(error: unknown): boolean {
  const result = sqliteResult(error);
  return result === 2067 || result === 1555 || postgresState(error) === '23505';
}
