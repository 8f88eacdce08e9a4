import type { User } from '../contract/broker-api.ts';
import type { Desktop } from '../contract/desktop.ts';
import type { ErrorCode, Problem } from '../contract/errors.ts';
import { problem } from '../contract/errors.ts';
import type { Session } from '../contract/session.ts';
import { isRetryableClose, problemOfClose, streamClose } from '../contract/stream.ts';
import type {
  EnrollmentOffer,
  Retry,
  StateOf,
  StreamGrant,
  TerminalState,
  TerminalStateKind,
} from '../contract/terminal.ts';
import { backoffMs } from './backoff.ts';

/**
 * The machine that owns the flow of the terminal. It is pure: it says what the next state is and
 * which effects to begin, and src/terminal/terminal.ts carries them out.
 *
 *   booting ─► unenrolled ─► enrolling ─► signed-out ─► signing-in ─► signed-in
 *      │  └──► blocked                        ▲                        │   ▲
 *      │                                      └── sign-out ── (any) ◄──┤   │
 *      │ a session to resume                                           ▼   │
 *      └──────────────────────────────────────────────────────► connecting─┤
 *                                                                  │       │
 *                 locked ◄── lock ── (any with a user)             ▼       │
 *                                        reconnecting ◄──────► streaming   │
 *                                              └────► ended ◄──────┴───────┘
 */
export type TerminalEvent =
  // The person
  | { kind: 'enroll'; offer: EnrollmentOffer }
  | { kind: 'forget' }
  | { kind: 'use-memory-vault' }
  | { kind: 'sign-in'; username: string; password: string }
  | { kind: 'sign-out' }
  | { kind: 'connect'; desktopId: string }
  | { kind: 'cancel' }
  | { kind: 'retry-now' }
  | { kind: 'disconnect' }
  | { kind: 'end'; sessionId: string }
  | { kind: 'lock' }
  | { kind: 'unlock'; password: string }
  // The stream
  | { kind: 'stream-live'; grant: number }
  | { kind: 'stream-closed'; grant: number; code: number }
  // The effects
  | { kind: 'identity-found'; broker: string }
  | { kind: 'identity-missing' }
  | { kind: 'resumed'; user: User; session: Session }
  | { kind: 'nothing-to-resume'; broker: string }
  | { kind: 'enrolled'; broker: string }
  | { kind: 'signed-in'; user: User }
  | { kind: 'desktops-listed'; desktops: Desktop[] }
  | { kind: 'session-changed'; session: Session }
  | { kind: 'ticket-granted'; grant: StreamGrant }
  | { kind: 'due' }
  | { kind: 'failed'; problem: Problem };

export type TerminalEventKind = TerminalEvent['kind'];

/** Work to begin. All but the last four are dropped when the terminal goes to another state. */
export type Effect =
  | { kind: 'read-vault' }
  | { kind: 'resume' }
  | { kind: 'enroll'; offer: EnrollmentOffer }
  | { kind: 'authenticate'; username: string; password: string }
  | { kind: 'list-desktops' }
  | { kind: 'start-session'; desktopId: string }
  | { kind: 'follow-session'; session: Session }
  | { kind: 'request-ticket'; sessionId: string }
  /** Answers `due` at that time (milliseconds since the epoch). */
  | { kind: 'wait-until'; at: number }
  | { kind: 'end-session'; sessionId: string }
  | { kind: 'lock' }
  | { kind: 'sign-out' }
  | { kind: 'forget' };

export type Step = { state: TerminalState; effects: Effect[] };

/** What a transition may know besides state and event. */
export type Context = {
  /** Milliseconds since the epoch. */
  now: number;
  /** In [0, 1), for jitter. */
  random: number;
  /** What the enroll screen begins with. */
  offer: EnrollmentOffer | null;
  broker: string | null;
};

type Handler<S extends TerminalStateKind, E extends TerminalEventKind> = (
  state: StateOf<S>,
  event: Extract<TerminalEvent, { kind: E }>,
  context: Context,
) => Step | null;

type Table = {
  [S in TerminalStateKind]: { [E in TerminalEventKind]?: Handler<S, E> };
};

/** How often the list of desktops is looked at while it is on the screen. */
const refreshMs = 5_000;

/** How long a stream may take from its grant to its first frame. */
const firstFrameMs = 15_000;

export const initialStep: Step = {
  state: { kind: 'booting', broker: null, retry: null },
  effects: [{ kind: 'read-vault' }],
};

/**
 * The next state and what to begin; null when the event has no place in this state, which is a
 * refusal when a person asked and a late answer when an effect did.
 */
export function transition(
  state: TerminalState,
  event: TerminalEvent,
  context: Context,
): Step | null {
  if (event.kind === 'failed' && event.problem.code === 'terminal-unknown') {
    return forgotten(context, event.problem);
  }
  // The row and the column fit each other by the type of the table, which indexing loses.
  const handler = table[state.kind][event.kind] as
    | ((state: TerminalState, event: TerminalEvent, context: Context) => Step | null)
    | undefined;
  return handler === undefined ? null : handler(state, event, context);
}

const table: Table = {
  booting: {
    'identity-found': (_, { broker }) =>
      go({ kind: 'booting', broker, retry: null }, { kind: 'resume' }),
    'identity-missing': (_, __, context) => unenrolled(context, null),
    resumed: (_, { user, session }) => takeUp(user, session),
    'nothing-to-resume': (_, { broker }) => signedOut(broker, null, null),
    failed: (state, { problem }, context) => {
      if (problem.code === 'vault-unavailable') return go({ kind: 'blocked', problem });
      if (problem.code === 'vault-damaged') return unenrolled(context, problem);
      const retry = nextRetry(state.retry?.attempt ?? 0, problem, context);
      return go({ ...state, retry }, { kind: 'wait-until', at: retry.at });
    },
    due: (state) => go(state, { kind: 'resume' }),
    'retry-now': (state) => (state.retry === null ? null : go(state, { kind: 'resume' })),
    forget: (_, __, context) => forgotten(context, null),
  },
  blocked: {
    'retry-now': () => initialStep,
    'use-memory-vault': (_, __, context) => unenrolled(context, null),
  },
  unenrolled: {
    enroll: (_, { offer }) => go({ kind: 'enrolling', offer }, { kind: 'enroll', offer }),
    // Erasing the vault comes after the fact; the person should know that it went wrong.
    failed: (state, { problem }) => go({ ...state, problem }),
  },
  enrolling: {
    enrolled: (_, { broker }) => signedOut(broker, null, null),
    cancel: ({ offer }) => go({ kind: 'unenrolled', offer, problem: null }),
    failed: ({ offer }, { problem }) => go({ kind: 'unenrolled', offer, problem }),
  },
  'signed-out': {
    'sign-in': ({ broker }, { username, password }) =>
      go({ kind: 'signing-in', broker, username }, { kind: 'authenticate', username, password }),
    forget: (_, __, context) => forgotten(context, null),
  },
  'signing-in': {
    'signed-in': (_, { user }) => desktops(user),
    cancel: ({ broker, username }) => signedOut(broker, username, null),
    failed: ({ broker, username }, { problem }) => signedOut(broker, username, problem),
  },
  'signed-in': {
    'desktops-listed': (state, event, { now }) =>
      go(
        { ...state, desktops: event.desktops, problem: null },
        { kind: 'wait-until', at: now + refreshMs },
      ),
    due: (state) => go(state, { kind: 'list-desktops' }),
    'retry-now': (state) => go(state, { kind: 'list-desktops' }),
    connect: ({ user, desktops: listed }, { desktopId }) => {
      const desktop = listed?.find(({ id }) => id === desktopId);
      return desktop === undefined ? null : connect(user, desktop);
    },
    end: (state, { sessionId }) => go(state, { kind: 'end-session', sessionId }),
    failed: (state, { problem }, context) =>
      lostSignIn(problem, context) ??
      go({ ...state, problem }, { kind: 'wait-until', at: context.now + refreshMs }),
    'sign-out': (_, __, context) => signOut(context),
    lock: ({ user }) => lock(user, null),
  },
  connecting: {
    'session-changed': (state, { session }) => follow(state, session),
    'ticket-granted': ({ user, session }, { grant }, context) =>
      session === null ? null : stream(user, session, grant, 0, context),
    failed: ({ user, session, desktop }, { problem }, context) => {
      if (session !== null) return afterFailure(user, session, 0, problem, context);
      return lostSignIn(problem, context) ?? ended(user, desktop, problem, false);
    },
    cancel: ({ user, session }) =>
      desktops(
        user,
        // What already ran is somebody's work; what was only starting is nothing to keep.
        ...(session?.state === 'starting'
          ? [{ kind: 'end-session', sessionId: session.id } as const]
          : []),
      ),
    'sign-out': (_, __, context) => signOut(context),
    lock: ({ user, session }) => lock(user, session),
  },
  streaming: {
    'stream-live': (state, { grant }) =>
      grant === state.grant.number ? go({ ...state, live: true, attempt: 0 }) : null,
    'stream-closed': (state, { grant, code }, context) => {
      if (grant !== state.grant.number) return null;
      const { user, session } = state;
      if (isRetryableClose(code)) {
        return reconnect(user, session, state.attempt, problem(problemOfClose(code)), context);
      }
      const over = code === streamClose.sessionEnded;
      return ended(user, session.desktop, problem(problemOfClose(code)), !over);
    },
    due: ({ user, session, live, attempt }, _, context) =>
      live ? null : reconnect(user, session, attempt, problem('stream-lost'), context),
    disconnect: ({ user }) => desktops(user),
    end: (state, event) => endNow(state.user, state.session, event.sessionId),
    'sign-out': (_, __, context) => signOut(context),
    lock: ({ user, session }) => lock(user, session),
  },
  reconnecting: {
    due: (state) => go(state, { kind: 'request-ticket', sessionId: state.session.id }),
    'retry-now': (state) => go(state, { kind: 'request-ticket', sessionId: state.session.id }),
    'ticket-granted': ({ user, session, retry }, { grant }, context) =>
      stream(user, session, grant, retry.attempt, context),
    failed: ({ user, session, retry }, { problem }, context) =>
      afterFailure(user, session, retry.attempt, problem, context),
    cancel: ({ user }) => desktops(user),
    disconnect: ({ user }) => desktops(user),
    end: (state, event) => endNow(state.user, state.session, event.sessionId),
    'sign-out': (_, __, context) => signOut(context),
    lock: ({ user, session }) => lock(user, session),
  },
  ended: {
    connect: ({ user, desktop }, { desktopId }) =>
      desktopId === desktop.id ? connect(user, desktop) : null,
    cancel: ({ user }) => desktops(user),
    disconnect: ({ user }) => desktops(user),
    'sign-out': (_, __, context) => signOut(context),
    lock: ({ user }) => lock(user, null),
  },
  locked: {
    unlock: (state, { password }) =>
      state.unlocking
        ? null
        : go(
            { ...state, unlocking: true, problem: null },
            { kind: 'authenticate', username: state.user.username, password },
          ),
    'signed-in': ({ session }, { user }) =>
      session === null ? desktops(user) : takeUp(user, session),
    failed: (state, { problem }) => go({ ...state, unlocking: false, problem }),
    'sign-out': (_, __, context) => signOut(context),
  },
};

function go(state: TerminalState, ...effects: Effect[]): Step {
  return { state, effects };
}

function unenrolled({ offer }: Context, problem: Problem | null): Step {
  return go({ kind: 'unenrolled', offer, problem });
}

/** The enrollment is over, whether the person or the broker ended it. */
function forgotten(context: Context, problem: Problem | null): Step {
  return { ...unenrolled(context, problem), effects: [{ kind: 'forget' }] };
}

function signedOut(broker: string, username: string | null, problem: Problem | null): Step {
  return go({ kind: 'signed-out', broker, username, problem });
}

function signOut(context: Context): Step | null {
  if (context.broker === null) return null;
  return { ...signedOut(context.broker, null, null), effects: [{ kind: 'sign-out' }] };
}

/** Back to the sign-in screen when that is what the problem says; null for any other problem. */
function lostSignIn(problem: Problem, { broker }: Context): Step | null {
  return problem.code === 'not-signed-in' && broker !== null
    ? signedOut(broker, null, problem)
    : null;
}

function desktops(user: User, ...before: Effect[]): Step {
  return go({ kind: 'signed-in', user, desktops: null, problem: null }, ...before, {
    kind: 'list-desktops',
  });
}

function connect(user: User, { id, name, engine }: Session['desktop']): Step {
  return go(
    { kind: 'connecting', user, desktop: { id, name, engine }, session: null },
    { kind: 'start-session', desktopId: id },
  );
}

/** Goes back to a session that was already there. */
function takeUp(user: User, session: Session): Step {
  return follow(connecting(user, session), session);
}

function connecting(user: User, session: Session): StateOf<'connecting'> {
  return { kind: 'connecting', user, desktop: session.desktop, session };
}

function follow(state: StateOf<'connecting'>, session: Session): Step {
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

function stream(
  user: User,
  session: Session,
  grant: StreamGrant,
  attempt: number,
  { now }: Context,
): Step {
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
function afterFailure(
  user: User,
  session: Session,
  attempt: number,
  problem: Problem,
  context: Context,
): Step {
  const signIn = lostSignIn(problem, context);
  if (signIn !== null) return signIn;
  if (sessionOver.includes(problem.code)) return ended(user, session.desktop, problem, false);
  if (problem.code === 'session-not-ready') {
    return follow(connecting(user, session), { ...session, state: 'starting' });
  }
  return reconnect(user, session, attempt, problem, context);
}

function reconnect(
  user: User,
  session: Session,
  attempt: number,
  problem: Problem,
  context: Context,
): Step {
  const retry = nextRetry(attempt, problem, context);
  return go({ kind: 'reconnecting', user, session, retry }, { kind: 'wait-until', at: retry.at });
}

function nextRetry(failed: number, problem: Problem, { now, random }: Context): Retry {
  const attempt = failed + 1;
  const asked = (problem.retryAfterSeconds ?? 0) * 1000;
  return { attempt, at: now + Math.max(asked, backoffMs(attempt, random)), problem };
}

function ended(
  user: User,
  desktop: Session['desktop'],
  problem: Problem | null,
  running: boolean,
): Step {
  return go({ kind: 'ended', user, desktop, problem, running });
}

function endNow(user: User, session: Session, sessionId: string): Step | null {
  if (sessionId !== session.id) return null;
  return {
    ...ended(user, session.desktop, null, false),
    effects: [{ kind: 'end-session', sessionId }],
  };
}

function lock(user: User, session: Session | null): Step {
  return go({ kind: 'locked', user, session, unlocking: false, problem: null }, { kind: 'lock' });
}
