import type { SessionPolicy } from '../../src/contract/session-policy.ts';

/** What ends or hides a session by itself. Times are milliseconds since the epoch. */
export type SessionLimits = {
  expiresAt: number;
  idleLockMinutes: SessionPolicy['idleLockMinutes'];
  /** Of the stream, at the broker; null while there is none. */
  idleSeconds: number | null;
};

/**
 * What is about to happen unless somebody does something:
 * - locks: this terminal, for want of input
 * - disconnects: the broker closes the stream, for want of input
 * - ends: the time of the session is up
 */
export type SessionWarning = {
  kind: 'locks' | 'disconnects' | 'ends';
  at: number;
  /** Grows more pressing: who has put the first one away is told again. */
  stage: number;
};

const minuteMs = 60_000;

/** Before the end of a session, in minutes: time to finish, to save, and to let go. */
const endStages = [1, 5, 15];

/** The next thing that happens, once it is near; null while nothing is. */
export function warningAt(
  now: number,
  lastInput: number,
  limits: SessionLimits,
): SessionWarning | null {
  const { idleSeconds, expiresAt } = limits;
  const warnings = [
    idleWarning('locks', now, lastInput, lockMs(limits)),
    idleWarning('disconnects', now, lastInput, idleSeconds && idleSeconds * 1000),
    endWarning(now, expiresAt),
  ];
  const [next = null] = warnings
    .filter((warning) => warning !== null)
    .toSorted((one, other) => one.at - other.at);
  return next;
}

/** Whether the terminal has been left alone for as long as it may be. */
export function isLockDue(now: number, lastInput: number, limits: SessionLimits): boolean {
  const ms = lockMs(limits);
  return ms !== null && now >= lastInput + ms;
}

function lockMs({ idleLockMinutes }: SessionLimits): number | null {
  return idleLockMinutes === null ? null : idleLockMinutes * minuteMs;
}

/** A minute before, or half of a time that is hardly longer. */
function idleWarning(
  kind: 'locks' | 'disconnects',
  now: number,
  lastInput: number,
  limitMs: number | null,
): SessionWarning | null {
  if (limitMs === null) return null;
  const at = lastInput + limitMs;
  return now < at - Math.min(minuteMs, limitMs / 2) ? null : { kind, at, stage: 0 };
}

/** A time that is over already is that of a terminal whose clock is wrong. */
function endWarning(now: number, at: number): SessionWarning | null {
  if (at < now) return null;
  const stage = endStages.find((minutes) => at - now <= minutes * minuteMs);
  return stage === undefined ? null : { kind: 'ends', at, stage };
}
