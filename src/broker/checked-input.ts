import type { z } from 'zod';
import { CodedError } from '../contract/errors.ts';

/** What people type on the command line, as a schema wants it. @throws config-invalid */
export function checkedInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const detail = [issue?.path.join('.'), issue?.message].filter(Boolean).join(': ');
  throw new CodedError('config-invalid', { detail });
}
