import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client';
import { CodedError, type ErrorCode, errorCodes } from '../contract/errors.ts';

/** What these mean wherever they come from. */
const common: Readonly<Record<string, ErrorCode>> = {
  invalid_dpop_proof: 'proof-invalid',
  server_error: 'internal-error',
  temporarily_unavailable: 'broker-unreachable',
  use_dpop_nonce: 'proof-nonce-needed',
};

/**
 * What an error of openid-client means. The broker says a code of the catalogue in
 * `error_description` (RFC 6749 section 5.2) where OAuth has no word for it.
 *
 * @param meanings what the `error` of OAuth stands for in this very request
 */
export function codedError(
  error: unknown,
  meanings: Readonly<Record<string, ErrorCode>> = {},
): CodedError {
  const coded = codedCause(error);
  if (coded !== null) return coded;
  const answer = errorAnswer(error);
  if (answer === null) {
    const code = failedInside(error) ? 'internal-error' : 'broker-answer-invalid';
    return new CodedError(code, { detail: messageOf(error), cause: error });
  }
  const { name, description, response } = answer;
  const said = errorCodes.find((code) => code === description);
  const retryAfter = Number(response?.headers.get('retry-after') ?? Number.NaN);
  return new CodedError(said ?? meanings[name] ?? common[name] ?? 'broker-answer-invalid', {
    ...(said === undefined ? { detail: name } : {}),
    ...(Number.isInteger(retryAfter) && retryAfter >= 0 ? { retryAfterSeconds: retryAfter } : {}),
    cause: error,
  });
}

/** openid-client wraps what the fetch below it throws. */
function codedCause(error: unknown): CodedError | null {
  if (error instanceof CodedError) return error;
  return error instanceof Error && error.cause !== undefined ? codedCause(error.cause) : null;
}

type ErrorAnswer = { name: string; description: string | undefined; response: Response | null };

function errorAnswer(error: unknown): ErrorAnswer | null {
  if (error instanceof AuthorizationResponseError) {
    return { name: error.error, description: error.error_description, response: null };
  }
  if (error instanceof ResponseBodyError) {
    const { error_description: description, response } = error;
    return { name: error.error, description, response };
  }
  if (error instanceof WWWAuthenticateChallengeError) {
    const { error: name, error_description: description } = error.cause[0]?.parameters ?? {};
    return { name: name ?? `status ${error.status}`, description, response: error.response };
  }
  return null;
}

/** Whether the broker, or a proxy before it, answered with one of the 5xx. */
function failedInside(error: unknown): boolean {
  return (
    error instanceof ClientError && error.cause instanceof Response && error.cause.status >= 500
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
