import { z } from 'zod';

/**
 * Text that stays on its line wherever it is shown, stored or logged: without control characters
 * (PostgreSQL takes no NUL), line separators, and what turns the direction of text around.
 */
export const oneLine = z.regex(/^[^\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u, {
  error: 'use one line, without control characters',
});
