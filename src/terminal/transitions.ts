import type { User } from '../contract/broker-api.ts';
import type { ErrorCode, Problem } from '../contract/errors.ts';
import type { Session } from '../contract/session.ts';
import type { Retry, StateOf, StreamGrant, TerminalState } from '../contract/terminal.ts';
import { backoffMs } from './backoff.ts';
import type { Context, Effect, Transition } from './events.ts';

export function go(state: TerminalState, ...effects: Effect[]): Transition {
  return { state, effects };
}

export function unenrolled({ offer }: Context, problem: Problem | null): Transition {
  return go({ kind: 'unenrolled', offer, problem });
}

/** The enrollment is over, whether the person or the broker ended it. */
export function forgotten(context: Context, problem: Problem | null): Transition {
  return { ...unenrolled(context, problem), effects: [{ kind: 'forget' }] };
}

export function signedOut(
  broker: string,
  username: string | null,
  problem: Problem | null,
): Transition {
  return go({ kind: 'signed-out', broker, username, problem });
}

export function signOut(context: Context): Transition | null {
  if (context.broker === null) return null;
  return { ...signedOut(context.broker, null, null), effects: [{ kind: 'sign-out' }] };
}

/** Back to the sign-in screen when that is what the problem says; null for any other problem. */
export function lostSignIn(problem: Problem, { broker }: Context): Transition | null {
  return problem.code === 'not-signed-in' && broker !== null
    ? signedOut(broker, null, problem)
    : null;
}

export function desktops(user: User, ...before: Effect[]): Transition {
  return go({ kind: 'signed-in', user, desktops: null, problem: null }, ...before, {
    kind: 'list-desktops',
  });
}

export function connect(user: User, { id, name, engine }: Session['desktop']): Transition {
  return go(
    { kind: 'connecting', user, desktop: { id, name, engine }, session: null },
    { kind: 'start-session', desktopId: id },
  );
}

/** Goes back to a session that was already there. */
export function takeUp(user: User, session: Session): Transition {
  return follow(connecting(user, session), session);
}

function connecting(user: User, session: Session): StateOf<'connecting'> {
  return { kind: 'connecting', user, desktop: session.desktop, session };
}

export function follow(state: StateOf<'connecting'>, session: Session): Transition {
  const next = { ...state, session };
  switch (session.state) {
    case 'starting':
      return go(next, { kind: 'follow-session', session });
    case 'running':
      return go(next, { kind: 'request-ticket', sessionId: session.id });
    case 'ending':
    case 'ended':
    case 'failed':
      return ended(state.user, state.desktop, session.problem, false);
  }
}

/** How long a stream may take from its grant to its first frame. */
const firstFrameMs = 15_000;

export function stream(
  user: User,
  session: Session,
  grant: StreamGrant,
  attempt: number,
  { now }: Context,
): Transition {
  return go(
    { kind: 'streaming', user, session, grant, attempt, live: false },
    { kind: 'wait-until', at: now + firstFrameMs },
  );
}

const sessionOver: ErrorCode[] = [
  'disk-full',
  'guest-boot-timeout',
  'guest-failed',
  'image-damaged',
  'image-unknown',
  'qemu-missing',
  'session-ended',
  'session-not-found',
];

/** What becomes of a session when the broker refused, or could not be asked for, a ticket. */
export function afterFailure(
  user: User,
  session: Session,
  attempt: number,
  problem: Problem,
  context: Context,
): Transition {
  const signIn = lostSignIn(problem, context);
  if (signIn !== null) return signIn;
  if (sessionOver.includes(problem.code)) return ended(user, session.desktop, problem, false);
  if (problem.code === 'session-not-ready') {
    return follow(connecting(user, session), { ...session, state: 'starting' });
  }
  return reconnect(user, session, attempt, problem, context);
}

export function reconnect(
  user: User,
  session: Session,
  attempt: number,
  problem: Problem,
  context: Context,
): Transition {
  const retry = nextRetry(attempt, problem, context);
  return go({ kind: 'reconnecting', user, session, retry }, { kind: 'wait-until', at: retry.at });
}

export function nextRetry(failed: number, problem: Problem, { now, random }: Context): Retry {
  const attempt = failed + 1;
  const asked = (problem.retryAfterSeconds ?? 0) * 1000;
  return { attempt, at: now + Math.max(asked, backoffMs(attempt, random)), problem };
}

export function ended(
  user: User,
  desktop: Session['desktop'],
  problem: Problem | null,
  running: boolean,
): Transition {
  return go({ kind: 'ended', user, desktop, problem, running });
}

export function endNow(user: User, session: Session, sessionId: string): Transition | null {
  if (sessionId !== session.id) return null;
  return {
    ...ended(user, session.desktop, null, false),
    effects: [{ kind: 'end-session', sessionId }],
  };
}

export function lock(user: User, session: Session | null): Transition {
  return go({ kind: 'locked', user, session, unlocking: false, problem: null }, { kind: 'lock' });
}
