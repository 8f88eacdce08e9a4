import { describe, expect, it } from 'vitest';
import {
  playwrightReportSchema,
  sumOf,
  tallyLines,
  tallyOfPlaywright,
} from '../../../../src/setup/test-tally.ts';

const test = (status: string, annotations: { type: string; description?: string }[] = []) => ({
  status,
  annotations,
});

function playwright(report: unknown) {
  return tallyOfPlaywright(playwrightReportSchema.parse(report));
}

describe('tallyOfPlaywright', () => {
  it('counts tests of nested suites and keeps the reasons of skipped ones', () => {
    const report = {
      errors: [],
      suites: [
        {
          title: 'a.spec.ts',
          specs: [{ title: 'boots', tests: [test('expected')] }],
          suites: [
            {
              title: 'as root',
              specs: [
                {
                  title: 'one',
                  tests: [test('skipped', [{ type: 'skip', description: 'no netem' }])],
                },
                { title: 'two', tests: [test('skipped')] },
                { title: 'three', tests: [test('unexpected')] },
              ],
            },
          ],
        },
      ],
    };
    expect(playwright(report)).toEqual({
      passed: 1,
      failed: 1,
      skipped: [
        { name: 'a.spec.ts > as root > one', reason: 'no netem' },
        { name: 'a.spec.ts > as root > two', reason: 'no reason given' },
      ],
    });
  });

  it('counts as failed what only passed when tried again, and faults outside of tests', () => {
    const suites = [{ title: 'a', specs: [{ title: 'b', tests: [test('flaky')] }] }];
    expect(playwright({ errors: [{ message: 'cannot load' }], suites }).failed).toBe(2);
  });
});

describe('tallyLines', () => {
  it('ends with the line that programs read', () => {
    const sum = sumOf([
      { passed: 2, failed: 0, skipped: [{ name: 'a', reason: 'not root' }] },
      { passed: 1, failed: 1, skipped: [] },
    ]);
    expect(tallyLines(sum)).toEqual(['skipped: a (not root)', '3 passed, 1 failed, 1 skipped']);
  });
});
