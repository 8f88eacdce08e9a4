import { type Step, type StepName, stepNames } from '../../contract/session.ts';

/** How far a desktop is on its way to the screen. Times in milliseconds. */
export type BootProgress = {
  /** Index into stepNames of what is going on; their number when all is done. */
  readonly active: number;
  /** When that began, on the broker's clock. */
  readonly since: number;
  /** What each finished step took; null for one that was not seen to begin. */
  readonly took: readonly (number | null)[];
};

export type ExpectedDurations = Readonly<Partial<Record<StepName, number>>>;

export function beginBoot(now: number): BootProgress {
  return { active: 0, since: now, took: [] };
}

/** A boot that an earlier broker saw, as far as it wrote it down. */
export function rememberedBoot(durations: ExpectedDurations, now: number): BootProgress {
  const took = stepNames.map((name) => durations[name] ?? null);
  const firstOpen = took.indexOf(null);
  const active = firstOpen === -1 ? stepNames.length : firstOpen;
  return { active, since: now, took: took.slice(0, active) };
}

/** Goes on to a step, or to the end; never backwards. Steps passed over took no time of their own. */
export function advance(boot: BootProgress, to: StepName | 'done', now: number): BootProgress {
  const target = to === 'done' ? stepNames.length : stepNames.indexOf(to);
  if (target <= boot.active) return boot;
  const skipped = Array.from({ length: target - boot.active - 1 }, () => null);
  return { active: target, since: now, took: [...boot.took, now - boot.since, ...skipped] };
}

/** The steps that `after` has finished and `before` had not, with what they took. */
export function finishedBetween(before: BootProgress, after: BootProgress) {
  return stepNames.slice(before.active, after.active).flatMap((name, index) => {
    const durationMs = after.took[before.active + index] ?? null;
    return durationMs === null ? [] : [{ name, durationMs }];
  });
}

export function stepsOf(boot: BootProgress, expected: ExpectedDurations, now: number): Step[] {
  return stepNames.map((name, index) => {
    const expectedMs = expected[name] ?? null;
    if (index < boot.active) {
      return { name, state: 'done', expectedMs, elapsedMs: boot.took[index] ?? null };
    }
    if (index > boot.active) return { name, state: 'waiting', expectedMs, elapsedMs: null };
    return { name, state: 'active', expectedMs, elapsedMs: Math.max(0, now - boot.since) };
  });
}
