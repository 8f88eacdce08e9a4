import { CodedError } from '../../contract/errors.ts';

export type Finding = {
  ok: boolean;
  /** What was found, or what was looked for and not found; one line. */
  found: string;
  /** What to do instead of the check's own remedy. */
  remedy?: string;
};

/** One row of the doctor's table. */
export type Check = {
  /** Stable: scripts read it from the JSON report. */
  name: string;
  /** Whether Porthole can do its main job without it. */
  needed: boolean;
  probe: () => Promise<Finding>;
  /** What to do when it is not there. */
  remedy: string;
};

export type Result = Finding & Pick<Check, 'name' | 'needed' | 'remedy'>;

/** Runs the checks one after the other: some of them load the machine. */
export async function examine(
  checks: readonly Check[],
  report: (result: Result) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const { name, needed, remedy, probe } of checks) {
    const result = { remedy, ...(await withoutThrowing(probe)), name, needed };
    report(result);
    results.push(result);
  }
  return results;
}

/** A probe that throws has found out that the thing does not work. */
async function withoutThrowing(probe: Check['probe']): Promise<Finding> {
  try {
    return await probe();
  } catch (error) {
    return { ok: false, found: foundInstead(error) };
  }
}

/** Probes look without the network, which is no news to the person. */
function foundInstead(error: unknown): string {
  if (error instanceof CodedError && error.code === 'offline-missing') {
    return `not on this machine: ${error.detail ?? ''}`;
  }
  return error instanceof Error ? error.message : String(error);
}

/** 0: Porthole works here; 1: something that it needs is missing. */
export function exitCodeOf(results: readonly Result[]): 0 | 1 {
  return results.some(({ ok, needed }) => needed && !ok) ? 1 : 0;
}
