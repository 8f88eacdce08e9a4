import { CodedError, type ErrorCode } from '../contract/errors.ts';

/** What the system refuses at the start for a reason that lies in a folder or address configured. */
const codes: Readonly<Record<string, ErrorCode>> = {
  EACCES: 'config-invalid',
  EADDRINUSE: 'port-in-use',
  EADDRNOTAVAIL: 'config-invalid',
  EEXIST: 'config-invalid',
  ENOSPC: 'disk-full',
  ENOTDIR: 'config-invalid',
  ENOTFOUND: 'config-invalid',
  EPERM: 'config-invalid',
  EROFS: 'config-invalid',
};

/** The coded error for a fault at the start; the system's message names the folder or address. */
export function asStartFault(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const code = codes[String(error.code)];
  if (code === undefined) return error;
  return new CodedError(code, { detail: error.message, cause: error });
}
