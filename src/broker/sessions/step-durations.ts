import type { Engine } from '../../contract/desktop.ts';
import { type StepName, stepNames } from '../../contract/session.ts';
import type { Database } from '../store/store.ts';
import type { ExpectedDurations } from './boot-progress.ts';

export type StepDuration = {
  sessionId: string;
  engine: Engine;
  image: string;
  name: StepName;
  durationMs: number;
};

/** What earlier boots took, to tell people how long theirs will. */
export type StepDurations = {
  record(duration: StepDuration): Promise<void>;
  /** The median of the last ten of each step, in milliseconds. */
  expected(engine: Engine, image: string): Promise<ExpectedDurations>;
  /** What the steps of one session took. */
  ofSession(sessionId: string): Promise<ExpectedDurations>;
};

const remembered = 10;

export function createStepDurations({ db }: { db: Database }): StepDurations {
  async function lastDurations(engine: Engine, image: string, step: StepName): Promise<number[]> {
    const rows = await db
      .selectFrom('step_durations')
      .select('duration_ms')
      .where('engine', '=', engine)
      .where('image', '=', image)
      .where('step', '=', step)
      .orderBy('id', 'desc')
      .limit(remembered)
      .execute();
    return rows.map((row) => row.duration_ms);
  }

  return {
    record: async ({ sessionId, engine, image, name, durationMs }) => {
      await db
        .insertInto('step_durations')
        .values({ session_id: sessionId, engine, image, step: name, duration_ms: durationMs })
        .execute();
    },
    expected: async (engine, image) => {
      const expected: Partial<Record<StepName, number>> = {};
      for (const step of stepNames) {
        const median = medianOf(await lastDurations(engine, image, step));
        if (median !== null) expected[step] = median;
      }
      return expected;
    },
    ofSession: async (sessionId) => {
      const rows = await db
        .selectFrom('step_durations')
        .select(['step', 'duration_ms'])
        .where('session_id', '=', sessionId)
        .execute();
      return Object.fromEntries(rows.map((row) => [row.step, row.duration_ms]));
    },
  };
}

export function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? null : (lower + upper) / 2;
}
