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
  results: [],
});

const fault = '\u001b[31mexpected 1\u001b[39m\n  at a line';

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
                {
                  title: 'three',
                  tests: [{ ...test('unexpected'), results: [{ error: { message: fault } }] }],
                },
              ],
            },
          ],
        },
      ],
    };
    expect(playwright(report)).toEqual({
      passed: 1,
      failed: [{ name: 'a.spec.ts > as root > three', reason: 'expected 1' }],
      skipped: [
        { name: 'a.spec.ts > as root > one', reason: 'no netem' },
        { name: 'a.spec.ts > as root > two', reason: 'no reason given' },
      ],
    });
  });

  it('counts as failed what only passed when tried again, and faults outside of tests', () => {
    const suites = [{ title: 'a', specs: [{ title: 'b', tests: [test('flaky')] }] }];
    expect(playwright({ errors: [{ message: 'cannot load' }], suites }).failed).toEqual([
      { name: 'a > b', reason: 'no reason given' },
      { name: 'outside of tests', reason: 'cannot load' },
    ]);
  });
});

describe('tallyLines', () => {
  it('ends with the line that programs read', () => {
    const sum = sumOf([
      { passed: 2, failed: [], skipped: [{ name: 'a', reason: 'not root' }] },
      { passed: 1, failed: [{ name: 'b', reason: 'expected 1' }], skipped: [] },
    ]);
    expect(tallyLines(sum)).toEqual([
      'skipped: a (not root)',
      'failed: b (expected 1)',
      '3 passed, 1 failed, 1 skipped',
    ]);
  });
});
