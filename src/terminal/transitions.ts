import type { User } from '../contract/broker-api.ts';
import type { Desktop } from '../contract/desktop.ts';
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

/** Begins what the terminal does first when it has no identity. */
export function enrollFirst(context: Context): Transition {
  return context.unattended === null
    ? unenrolled(context, null)
    : go(
        { kind: 'enrolling', offer: context.unattended, request: null, retry: null },
        { kind: 'enroll-unattended' },
      );
}

/**
 * Whether the broker did not prove to be the one that is known. A terminal that knows none yet may
 * go on looking for it, but for one that shows another key than it was told to expect.
 */
export function isUntrusted({ code }: Problem, { kind }: TerminalState): boolean {
  if (code === 'broker-key-changed') return true;
  const isPinned = kind !== 'unenrolled' && kind !== 'enrolling';
  return isPinned && (code === 'broker-name-wrong' || code === 'broker-certificate-expired');
}

const longestUntrustedMs = 60_000;

/** Shows nothing, and looks for the broker again: later each time, up to once a minute. */
export function untrusted(
  state: TerminalState,
  problem: Problem,
  { now, random }: Context,
): Transition {
  const failed = state.kind === 'blocked' ? (state.retry?.attempt ?? 0) : 0;
  const attempt = failed + 1;
  const at = now + backoffMs(attempt, random, longestUntrustedMs);
  const retry = { attempt, at, problem };
  return go({ kind: 'blocked', problem, retry }, { kind: 'wait-until', at });
}

/** How long a terminal with an account of its own leaves somebody else the time to sign in. */
const accountPauseMs = 10_000;

/** Waits for somebody to sign in, and meanwhile asks the broker what it knows of the terminal. */
export function signedOut(broker: string, problem: Problem | null, context: Context): Transition {
  const { account, now } = context;
  return go(
    { kind: 'signed-out', broker, account, retry: null, problem },
    account ? { kind: 'wait-until', at: now + accountPauseMs } : { kind: 'greet' },
  );
}

/** The terminal has just learned what its broker knows of it. */
export function welcome(broker: string, context: Context): Transition {
  return context.account
    ? go({ kind: 'signing-in', broker, account: true }, { kind: 'sign-in-account' })
    : signedOut(broker, null, context);
}

/** The account of the terminal is tried again, later each time. */
export function retryAccount(broker: string, retry: Retry): Transition {
  return go(
    { kind: 'signed-out', broker, account: true, retry, problem: null },
    { kind: 'wait-until', at: retry.at },
  );
}

export function signOut(context: Context): Transition | null {
  if (context.broker === null) return null;
  const { state, effects } = signedOut(context.broker, null, context);
  return go(state, { kind: 'sign-out' }, ...effects);
}

/** Back to the sign-in screen when that is what the problem says; null for any other problem. */
export function lostSignIn(problem: Problem, context: Context): Transition | null {
  return problem.code === 'not-signed-in' && context.broker !== null
    ? signedOut(context.broker, problem, context)
    : null;
}

export function desktops(user: User, ...before: Effect[]): Transition {
  return go({ kind: 'signed-in', user, desktops: null, problem: null }, ...before, {
    kind: 'list-desktops',
  });
}

/** @param resumes whether there is a session on the desktop already */
export function connect(
  user: User,
  { id, name, engine }: Session['desktop'],
  resumes: boolean,
): Transition {
  return go(
    { kind: 'connecting', user, desktop: { id, name, engine }, session: null, resumes },
    { kind: 'start-session', desktopId: id },
  );
}

/** To the one desktop that the user is here for; to the list where there is none. */
export function openDesktop(user: User, desktop: Desktop | null): Transition {
  return desktop === null ? desktops(user) : connect(user, desktop, desktop.session !== null);
}

/** Goes back to a session that was already there. */
export function takeUp(user: User, session: Session): Transition {
  return follow(connecting(user, session), session);
}

function connecting(user: User, session: Session): StateOf<'connecting'> {
  return { kind: 'connecting', user, desktop: session.desktop, session, resumes: true };
}

export function follow(state: StateOf<'connecting'>, session: Session): Transition {
  const next = { ...state, session };
  switch (session.state) {
    case 'starting':
      return go(next, { kind: 'follow-session', session });
    case 'running':
      return go(next, { kind: 'request-ticket', sessionId: session.id });
    case 'suspended':
      // What could not be woken a moment ago is tried again when a person says so.
      if (isRefusal(state.session, session)) {
        return ended(state.user, state.desktop, session.problem, true);
      }
      // To ask for the desktop wakes it, and says how far it is meanwhile, as a start does.
      return go(next, { kind: 'start-session', desktopId: session.desktop.id });
    case 'ending':
    case 'ended':
    case 'failed':
      return ended(state.user, state.desktop, session.problem, false);
  }
}

function isRefusal(before: Session | null, { problem: reason }: Session): boolean {
  return before?.state === 'starting' && reason !== null;
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
  'desktop-not-found',
  'disk-damaged',
  'disk-full',
  'guest-boot-timeout',
  'guest-failed',
  'image-damaged',
  'image-unknown',
  'kept-disk-missing',
  'permission-missing',
  'qemu-missing',
  'sandbox-missing',
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
  // It sleeps, and there is no room to wake it in: for how long, only a person can judge.
  if (problem.code === 'host-full') return ended(user, session.desktop, problem, true);
  if (problem.code === 'session-not-ready') {
    return follow(connecting(user, session), { ...session, state: 'starting' });
  }
  return reconnect(user, session, attempt, problem, context);
}

/** What becomes of a wish for a desktop that the broker did not grant. */
export function notOpened(
  { user, desktop, resumes }: StateOf<'connecting'>,
  problem: Problem,
  context: Context,
): Transition {
  const stays = resumes && !sessionOver.includes(problem.code);
  return lostSignIn(problem, context) ?? ended(user, desktop, problem, stays);
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

/** What an administrator has to see to, which takes longer than a start of the broker. */
const tokenRefused: ErrorCode[] = ['enrollment-token-used-up', 'enrollment-token-wrong'];
const tokenPauseMs = 60_000;

/** When a terminal that enrolls by itself tries again. */
export function retryEnrollment(failed: number, problem: Problem, context: Context): Retry {
  const retry = nextRetry(failed, problem, context);
  return tokenRefused.includes(problem.code) ? { ...retry, at: retry.at + tokenPauseMs } : retry;
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
