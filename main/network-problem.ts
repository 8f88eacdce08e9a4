import { CodedError } from '../src/contract/errors.ts';
import { refusalIn } from './security/certificate-judge.ts';

/** What a request that got no answer means to the terminal. */
export function asNetworkProblem(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new CodedError(refusalIn(detail) ?? 'broker-unreachable', { detail, cause: error });
}
