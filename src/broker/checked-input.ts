import type { z } from 'zod';
import { CodedError } from '../contract/errors.ts';

/** What people type on the command line, as a schema wants it. @throws command-invalid */
export function checkedInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input, { error: inWords });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const detail = [fieldIn(issue?.path ?? []), issue?.message].filter(Boolean).join(': ');
  throw new CodedError('command-invalid', { detail });
}

/** What is wrong, where the schema has no words of its own for it. */
function inWords(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'too_small':
      return `${measured(issue)} ${issue.minimum} or more`;
    case 'too_big':
      return `${measured(issue)} ${issue.maximum} or less`;
    case 'invalid_value':
      return `${String(issue.input)} is none of ${issue.values.join(', ')}`;
    case 'invalid_type':
      return issue.input === undefined ? 'it is missing' : 'it is of another kind';
    default:
      return 'it does not have the form that is needed';
  }
}

function measured({ origin }: { origin: string }): string {
  switch (origin) {
    case 'string':
      return 'its length has to be';
    case 'array':
      return 'their number has to be';
    default:
      return 'it has to be';
  }
}

/** `displayName` is written "display name"; places in a list say nothing to who typed it. */
function fieldIn(path: readonly PropertyKey[]): string {
  return path
    .filter((part) => typeof part === 'string')
    .map((part) => part.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`))
    .join(' ');
}
