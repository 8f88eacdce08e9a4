import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';

const remarkSchema = z.strictObject({ name: z.string(), reason: z.string() });

/** How a run of tests went. */
export const tallySchema = z.strictObject({
  passed: z.number().int().nonnegative(),
  failed: z.array(remarkSchema),
  skipped: z.array(remarkSchema),
});
export type Tally = z.infer<typeof tallySchema>;

export const noReason = 'no reason given';

/** A run that told nothing failed as a whole. */
export function silentFailure(name: string): Tally {
  return { passed: 0, failed: [{ name, reason: noReason }], skipped: [] };
}

export function sumOf(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((sum, { passed }) => sum + passed, 0),
    failed: tallies.flatMap(({ failed }) => failed),
    skipped: tallies.flatMap(({ skipped }) => skipped),
  };
}

/** Each test that was skipped or failed with its reason, then the line that programs read. */
export function tallyLines({ passed, failed, skipped }: Tally): string[] {
  return [
    ...skipped.map(({ name, reason }) => `skipped: ${name} (${reason})`),
    ...failed.map(({ name, reason }) => `failed: ${name} (${reason})`),
    `${passed} passed, ${failed.length} failed, ${skipped.length} skipped`,
  ];
}

/** The first line of an error's message, without the colours of a terminal. */
export function firstLineOf(message: string | undefined): string {
  return stripVTControlCharacters(message ?? '').split('\n', 1)[0] || noReason;
}

type PlaywrightSuite = z.infer<typeof suiteSchema>;

const faultSchema = z.object({ message: z.string().optional() });

const playwrightTestSchema = z.object({
  status: z.enum(['expected', 'unexpected', 'flaky', 'skipped']),
  annotations: z.array(z.object({ type: z.string(), description: z.string().optional() })),
  results: z.array(z.object({ error: faultSchema.optional() })),
});

const suiteSchema = z.object({
  title: z.string(),
  specs: z.array(z.object({ title: z.string(), tests: z.array(playwrightTestSchema) })),
  get suites() {
    return z.array(suiteSchema).optional();
  },
});

/** What is read of the file that Playwright's JSON reporter writes. */
export const playwrightReportSchema = z.object({
  suites: z.array(suiteSchema),
  /** Faults outside of tests, such as a file that does not load. */
  errors: z.array(faultSchema),
});

/** A test that only passed when tried again counts as failed. */
export function tallyOfPlaywright(report: z.infer<typeof playwrightReportSchema>): Tally {
  const tests = report.suites.flatMap((suite) => testsOf(suite, ''));
  return {
    passed: tests.filter(({ status }) => status === 'expected').length,
    failed: [
      ...tests
        .filter(({ status }) => status === 'unexpected' || status === 'flaky')
        .map(({ name, results }) => ({
          name,
          reason: firstLineOf(results.find(({ error }) => error)?.error?.message),
        })),
      ...report.errors.map(({ message }) => ({
        name: 'outside of tests',
        reason: firstLineOf(message),
      })),
    ],
    skipped: tests
      .filter(({ status }) => status === 'skipped')
      .map(({ name, annotations }) => ({
        name,
        reason: annotations.find(({ type }) => type === 'skip')?.description ?? noReason,
      })),
  };
}

type NamedTest = z.infer<typeof playwrightTestSchema> & { name: string };

function testsOf(suite: PlaywrightSuite, parents: string): NamedTest[] {
  const path = `${parents}${suite.title} > `;
  const own = suite.specs.flatMap(({ title, tests }) =>
    tests.map((test) => ({ ...test, name: `${path}${title}` })),
  );
  return [...own, ...(suite.suites ?? []).flatMap((inner) => testsOf(inner, path))];
}
