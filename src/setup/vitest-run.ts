/** Runs the unit and integration tests and writes the tally to the file that is named. */
import { writeFile } from 'node:fs/promises';
import { startVitest, type TestCase, type TestResult, type Vitest } from 'vitest/node';
import { firstLineOf, noReason, type Tally } from './test-tally.ts';

function tallyOf({ state }: Vitest): Tally {
  const modules = state.getTestModules();
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const inState = (wanted: string) => tests.filter((test) => test.result().state === wanted);
  // A file that does not load, and a hook that throws, fail without a test that does.
  const brokenModules = modules.filter((module) => module.errors().length > 0);
  return {
    passed: inState('passed').length,
    failed: [
      ...inState('failed').map((test) => ({ name: nameOf(test), reason: faultOf(test.result()) })),
      ...brokenModules.map((module) => ({
        name: module.relativeModuleId,
        reason: firstLineOf(module.errors()[0]?.message),
      })),
      ...state
        .getUnhandledErrors()
        .map((fault) => ({ name: 'outside of tests', reason: firstLineOf(textOf(fault)) })),
    ],
    skipped: inState('skipped').map((test) => ({ name: nameOf(test), reason: reasonOf(test) })),
  };
}

function nameOf(test: TestCase): string {
  return `${test.module.relativeModuleId} > ${test.fullName}`;
}

function faultOf({ errors }: TestResult): string {
  return firstLineOf(errors?.[0]?.message);
}

/** An unhandled error arrives as a copy that crossed a process, no longer an `Error`. */
function textOf(fault: unknown): string {
  return typeof fault === 'object' && fault !== null && 'message' in fault
    ? String(fault.message)
    : String(fault);
}

function reasonOf(test: TestCase): string {
  const result = test.result();
  return (result.state === 'skipped' && result.note) || noReason;
}

const [file = ''] = process.argv.slice(2);
const vitest = await startVitest('test', [], { watch: false });
await writeFile(file, JSON.stringify(tallyOf(vitest)));
await vitest.close();
