import type { Step } from '../../src/contract/session.ts';

export type ConnectProgress = {
  /** 0 to 1; null when nothing is known of how long the steps take. */
  fraction: number | null;
  /** Milliseconds expected until the picture; null when unknown, 0 when it is overdue. */
  remainingMs: number | null;
  overdue: boolean;
};

/** The share of a step that is shown when its time is up; the rest is for when it takes longer. */
const shareInTime = 0.9;

/** How far the way to the picture is gone, `ageMs` after the steps were told. */
export function connectProgress(steps: readonly Step[], ageMs: number): ConnectProgress {
  const known = steps.filter(isTimed);
  const total = known.reduce((sum, step) => sum + step.expectedMs, 0);
  if (total === 0) return { fraction: null, remainingMs: null, overdue: false };

  let gone = 0;
  let remainingMs = 0;
  let overdue = false;
  for (const step of known) {
    const share = stepShare(step, ageMs);
    gone += share * step.expectedMs;
    if (step.state === 'waiting') remainingMs += step.expectedMs;
    if (step.state === 'active') {
      const left = step.expectedMs - (step.elapsedMs ?? 0) - ageMs;
      overdue = left < 0;
      remainingMs += Math.max(0, left);
    }
  }
  return { fraction: gone / total, remainingMs, overdue };
}

/** Milliseconds a step has lasted, `ageMs` after it was told; null while it waits. */
export function stepElapsed(step: Step, ageMs: number): number | null {
  if (step.state === 'waiting') return null;
  return step.state === 'done' ? step.elapsedMs : (step.elapsedMs ?? 0) + ageMs;
}

type TimedStep = Step & { expectedMs: number };

function isTimed(step: Step): step is TimedStep {
  return step.expectedMs !== null;
}

/** 0 to 1. Slows down when the step is late, so that the way never looks done before it is. */
function stepShare(step: TimedStep, ageMs: number): number {
  if (step.state === 'waiting') return 0;
  if (step.state === 'done') return 1;
  const elapsed = (step.elapsedMs ?? 0) + ageMs;
  if (elapsed <= step.expectedMs) return (elapsed / step.expectedMs) * shareInTime;
  return shareInTime + (1 - shareInTime) * (1 - step.expectedMs / elapsed);
}
