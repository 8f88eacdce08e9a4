import { CodedError } from '../src/contract/errors.ts';
import { refusalName } from './security/certificate-judge.ts';

/** What a request that got no answer means to the terminal. */
export function asNetworkProblem(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  const code = detail.includes(refusalName) ? 'broker-key-changed' : 'broker-unreachable';
  return new CodedError(code, { detail, cause: error });
}
