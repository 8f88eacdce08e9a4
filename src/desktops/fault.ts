import { CodedError, type Problem, problem } from '../contract/errors.ts';
import { errnoOf } from './images/file-error.ts';

/** What a fault on the way of a machine is called to people. */
export function faultOf(error: unknown): Problem {
  // A machine needs no tools but those that come with QEMU.
  if (error instanceof CodedError && error.code === 'tool-missing') {
    return problem('qemu-missing', error.detail === undefined ? {} : { detail: error.detail });
  }
  if (error instanceof CodedError) return error.problem;
  if (errnoOf(error) === 'ENOSPC') return problem('disk-full');
  return problem('guest-failed', {
    detail: error instanceof Error ? error.message : String(error),
  });
}

/** The same, to be thrown. */
export function asGuestFault(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  const { code, detail } = faultOf(error);
  return new CodedError(code, { detail, cause: error });
}
