import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorCatalogue } from '../../../../src/contract/error-catalogue.ts';
import { CodedError, errorCodes, problem, problemSchema } from '../../../../src/contract/errors.ts';

const page = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');
const documented = new Map(
  page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, code = '', status = '', message = '', remedy = '']) => [
      code.replaceAll('`', ''),
      { status: status === '–' ? null : Number(status), message, remedy },
    ]),
);

describe('docs/errors.md', () => {
  it.each(errorCodes)('has the row of %s', (code) => {
    expect(documented.get(code)).toEqual(errorCatalogue[code]);
  });

  it('has no row that the catalogue lacks', () => {
    expect([...documented.keys()].filter((code) => !Object.hasOwn(errorCatalogue, code))).toEqual(
      [],
    );
  });
});

it.each(errorCodes)('%s is told in whole sentences', (code) => {
  const { message, remedy } = errorCatalogue[code];
  for (const sentence of [message, remedy]) expect(sentence).toMatch(/^[A-Z].*[.]$/);
});

it('travels as a problem that the schema accepts', () => {
  const error = new CodedError('sign-in-throttled', { retryAfterSeconds: 4, detail: 'ada' });
  expect(problemSchema.parse(error.problem)).toEqual(
    problem('sign-in-throttled', { retryAfterSeconds: 4, detail: 'ada' }),
  );
});
