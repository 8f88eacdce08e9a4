import { z } from 'zod';
import { errorCatalogue } from './error-catalogue.ts';

export type ErrorCode = keyof typeof errorCatalogue;

export const errorCodes = Object.keys(errorCatalogue) as [ErrorCode, ...ErrorCode[]]; // Object.keys widens to string[]

/** A problem as it travels: over HTTP (as the body of every status >= 400), IPC and in states. */
export const problemSchema = z.strictObject({
  code: z.enum(errorCodes),
  message: z.string(),
  remedy: z.string(),
  /** What exactly: a field name, a file, a tool. Never a secret. */
  detail: z.string().optional(),
  /** Whole seconds until it makes sense to try again (RFC 9110 Retry-After). */
  retryAfterSeconds: z.number().int().nonnegative().optional(),
  /** The broker's id for the request, to find it in the log. */
  requestId: z.string().optional(),
});
export type Problem = z.infer<typeof problemSchema>;

/** What is passed on from a problem that came may be missing there as well. */
type Extra = {
  detail?: string | undefined;
  retryAfterSeconds?: number | undefined;
  cause?: unknown;
};

/** The one error type thrown on purpose; everything else that is thrown is a bug. */
export class CodedError extends Error {
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, extra: Extra = {}) {
    const { message } = errorCatalogue[code];
    super(extra.detail === undefined ? message : `${message} (${extra.detail})`, {
      cause: extra.cause,
    });
    this.name = 'CodedError';
    this.code = code;
    this.detail = extra.detail;
    this.retryAfterSeconds = extra.retryAfterSeconds;
  }

  get problem(): Problem {
    return problem(this.code, {
      ...(this.detail === undefined ? {} : { detail: this.detail }),
      ...(this.retryAfterSeconds === undefined
        ? {}
        : { retryAfterSeconds: this.retryAfterSeconds }),
    });
  }
}

export function problem(
  code: ErrorCode,
  extra: Omit<Problem, 'code' | 'message' | 'remedy'> = {},
): Problem {
  const { message, remedy } = errorCatalogue[code];
  return { code, message, remedy, ...extra };
}
