import { CodedError, type ErrorCode } from '../../contract/errors.ts';

/** SQLite's primary result codes (sqlite.org/rescode.html) that a person can do something about. */
const codes: Readonly<Record<number, ErrorCode>> = {
  11: 'store-damaged', // SQLITE_CORRUPT
  13: 'disk-full', // SQLITE_FULL
  14: 'store-damaged', // SQLITE_CANTOPEN
  26: 'store-damaged', // SQLITE_NOTADB
};

/** SQLite's extended result code of an error of node:sqlite; null for any other error. */
function resultCode(error: unknown): number | null {
  const known = error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';
  return known ? Number(error.errcode) : null;
}

/** The coded error for a fault of SQLite, or the error itself where the catalogue has none. */
export function asStoreError(error: unknown): unknown {
  const result = resultCode(error);
  // The low byte of an extended code is the primary one.
  const code = result === null ? undefined : codes[result & 0xff];
  if (code === undefined) return error;
  return new CodedError(code, {
    cause: error,
    ...(error instanceof Error ? { detail: error.message } : {}),
  });
}

/** Whether a row was refused because one like it is there (SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY). */
export function isDuplicate(error: unknown): boolean {
  const result = resultCode(error);
  return result === 2067 || result === 1555;
}
