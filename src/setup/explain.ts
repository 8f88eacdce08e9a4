import { CodedError, type ErrorCode } from '../contract/errors.ts';
import { SetupStop } from './stop.mjs';

/** Problems that only the person can mend before it makes sense to go on. */
const needsThePerson: ReadonlySet<ErrorCode> = new Set(['offline-missing', 'display-missing']);

/** As shells have it: 128 and the number of SIGINT. */
const afterInterrupt = 130;

/**
 * What a command line says of an error: its sentence, what to do, and the code to look it up by.
 * Anything that was not thrown on purpose keeps its stack, for the report.
 */
export function explain(error: unknown): { text: string; exitCode: number } {
  // What was going on when the person ended the program throws the reason of the signal.
  if (error instanceof Error && error.name === 'AbortError') {
    return { text: 'Stopped.', exitCode: afterInterrupt };
  }
  if (error instanceof CodedError) {
    const { remedy } = error.problem;
    const exitCode = needsThePerson.has(error.code) ? 2 : 1;
    return { text: `${error.message}\n${remedy}\n[${error.code}]`, exitCode };
  }
  if (error instanceof SetupStop) return { text: error.message, exitCode: error.exitCode };
  return {
    text: error instanceof Error ? (error.stack ?? error.message) : String(error),
    exitCode: 1,
  };
}
