import { CodedError } from '../contract/errors.ts';

/** What is asked for does not go with how things are. `detail` says with what. */
export function conflict(detail: string, cause?: unknown): CodedError {
  return new CodedError('change-conflict', { detail, cause });
}
