import type { z } from 'zod';
import { CodedError } from '../../contract/errors.ts';

/** What a form, a query or a path holds, if it is what it should be. @throws invalid-request */
export function readAs<S extends z.ZodType>(schema: S, given: unknown): z.output<S> {
  const parsed = schema.safeParse(given ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CodedError('invalid-request', {
    detail: `${issue?.path.join('.')}: ${issue?.message}`,
    cause: parsed.error,
  });
}

/** What a person can do something about on the same page. */
export function mendable(error: unknown): CodedError {
  if (error instanceof CodedError && error.code !== 'invalid-request') return error;
  throw error;
}
