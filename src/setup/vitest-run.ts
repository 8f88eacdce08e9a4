/** Runs the unit and integration tests and writes the tally to the file that is named. */
import { writeFile } from 'node:fs/promises';
import { startVitest, type TestCase, type Vitest } from 'vitest/node';
import { noReason, type Tally } from './test-tally.ts';

function tallyOf({ state }: Vitest): Tally {
  const modules = state.getTestModules();
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const inState = (wanted: string) => tests.filter((test) => test.result().state === wanted);
  // A file that does not load, and a hook that throws, fail without a test that does.
  const brokenModules = modules.filter((module) => module.errors().length > 0);
  return {
    passed: inState('passed').length,
    failed: inState('failed').length + brokenModules.length + state.getUnhandledErrors().length,
    skipped: inState('skipped').map((test) => ({ name: test.fullName, reason: reasonOf(test) })),
  };
}

function reasonOf(test: TestCase): string {
  const result = test.result();
  return (result.state === 'skipped' && result.note) || noReason;
}

const [file = ''] = process.argv.slice(2);
const vitest = await startVitest('test', [], { watch: false });
await writeFile(file, JSON.stringify(tallyOf(vitest)));
await vitest.close();
