import { CodedError, type ErrorCode } from '../contract/errors.ts';

/** SQLite's primary result codes (sqlite.org/rescode.html) that a person can do something about. */
const codes: Readonly<Record<number, ErrorCode>> = {
  8: 'store-damaged', // SQLITE_READONLY
  10: 'store-damaged', // SQLITE_IOERR
  11: 'store-damaged', // SQLITE_CORRUPT
  13: 'disk-full', // SQLITE_FULL
  14: 'store-damaged', // SQLITE_CANTOPEN
  26: 'store-damaged', // SQLITE_NOTADB
};

const busy = 5;

/** SQLite's extended result code of an error of node:sqlite; null for any other error. */
export function sqliteResult(error: unknown): number | null {
  const known = error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';
  return known ? Number(error.errcode) : null;
}

/** Whether another connection has the lock (SQLITE_BUSY). */
export function isBusy(error: unknown): boolean {
  const result = sqliteResult(error);
  return result !== null && primary(result) === busy;
}

/** The coded error for a fault of SQLite, or the error itself where the catalogue has none. */
export function asStoreError(error: unknown, file?: string): unknown {
  const result = sqliteResult(error);
  const code = result === null ? undefined : codes[primary(result)];
  if (code === undefined) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const detail = file === undefined ? reason : `${file}: ${reason}`;
  return new CodedError(code, { detail, cause: error });
}

/** The low byte of an extended code. */
function primary(result: number): number {
  return result & 0xff;
}
