import { problem } from '../contract/errors.ts';
import { isRetryableClose, problemOfClose, streamClose } from '../contract/stream.ts';
import type { StateOf, TerminalState, TerminalStateKind } from '../contract/terminal.ts';
import type { Context, TerminalEvent, TerminalEventKind, Transition } from './events.ts';
import {
  afterFailure,
  connect,
  desktops,
  ended,
  endNow,
  enrollFirst,
  follow,
  forgotten,
  go,
  isUntrusted,
  lock,
  lostSignIn,
  nextRetry,
  notOpened,
  openDesktop,
  reconnect,
  retryAccount,
  retryEnrollment,
  signedOut,
  signOut,
  stream,
  takeUp,
  unenrolled,
  untrusted,
  welcome,
} from './transitions.ts';

type Handler<S extends TerminalStateKind, E extends TerminalEventKind> = (
  state: StateOf<S>,
  event: Extract<TerminalEvent, { kind: E }>,
  context: Context,
) => Transition | null;

type Table = {
  [S in TerminalStateKind]: { [E in TerminalEventKind]?: Handler<S, E> };
};

/** How often the list of desktops is looked at while it is on the screen. */
const refreshMs = 5_000;

/** How often the broker is asked about the terminal while nobody uses it. */
const greetMs = 30_000;

export const initialStep: Transition = {
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
): Transition | null {
  if (event.kind === 'failed' && event.problem.code === 'terminal-unknown') {
    return forgotten(context, event.problem);
  }
  // Whoever answers in the broker's name is told nothing more, and nothing it showed is left to see.
  if (event.kind === 'failed' && isUntrusted(event.problem, state)) {
    return untrusted(state, event.problem, context);
  }
  // The row and the column fit each other by the type of the table, which indexing loses.
  const handler = table[state.kind][event.kind] as
    | ((state: TerminalState, event: TerminalEvent, context: Context) => Transition | null)
    | undefined;
  return handler === undefined ? null : handler(state, event, context);
}

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
const table: Table = {
  booting: {
    'identity-found': (_, { broker }) =>
      go({ kind: 'booting', broker, retry: null }, { kind: 'resume' }),
    'identity-missing': (_, __, context) => enrollFirst(context),
    resumed: (_, { user, session }) => takeUp(user, session),
    'nothing-to-resume': (_, { broker }, context) => welcome(broker, context),
    failed: (state, { problem }, context) => {
      if (problem.code === 'vault-unavailable') {
        return go({ kind: 'blocked', problem, retry: null });
      }
      if (problem.code === 'vault-damaged') return unenrolled(context, problem);
      const retry = nextRetry(state.retry?.attempt ?? 0, problem, context);
      return go({ ...state, retry }, { kind: 'wait-until', at: retry.at });
    },
    due: (state) => go(state, { kind: 'resume' }),
    'retry-now': (state) => (state.retry === null ? null : go(state, { kind: 'resume' })),
    forget: (_, __, context) => forgotten(context, null),
  },
  blocked: {
    // As the app begins, so that nobody is signed in any more; the screen stays until it is known.
    due: (state) => (state.retry === null ? null : go(state, { kind: 'read-vault' })),
    'identity-found': (state) => go(state, { kind: 'resume' }),
    'identity-missing': (_, __, context) => enrollFirst(context),
    resumed: (_, { user, session }) => takeUp(user, session),
    'nothing-to-resume': (_, { broker }, context) => welcome(broker, context),
    failed: (state, { problem }, context) =>
      state.retry === null || problem.code.startsWith('vault-')
        ? go({ kind: 'blocked', problem, retry: null })
        : untrusted(state, state.problem, context),
    'retry-now': () => initialStep,
    'use-memory-vault': ({ problem }, _, context) =>
      problem.code === 'vault-unavailable' ? enrollFirst(context) : null,
    forget: ({ problem }, _, context) =>
      problem.code === 'vault-unavailable' ? null : forgotten(context, null),
  },
  unenrolled: {
    enroll: (_, { offer }) =>
      go({ kind: 'enrolling', offer, request: null, retry: null }, { kind: 'enroll', offer }),
    // Erasing the vault comes after the fact; the person should know that it went wrong.
    failed: (state, { problem }) => go({ ...state, problem }),
  },
  enrolling: {
    'enrollment-requested': (state, { request }) =>
      go({ ...state, request }, { kind: 'await-approval' }),
    'enrollment-delayed': (state, { problem }, context) => {
      const retry = retryEnrollment(state.retry?.attempt ?? 0, problem, context);
      return go({ ...state, retry }, { kind: 'wait-until', at: retry.at });
    },
    due: (state) => (state.retry === null ? null : go(state, { kind: 'enroll-unattended' })),
    'retry-now': (state) =>
      state.retry === null ? null : go(state, { kind: 'enroll-unattended' }),
    enrolled: (_, { broker }, context) => welcome(broker, context),
    cancel: ({ offer }) => go({ kind: 'unenrolled', offer, problem: null }),
    failed: ({ offer }, { problem }) => go({ kind: 'unenrolled', offer, problem }),
  },
  'signed-out': {
    'sign-in': ({ broker }) =>
      go({ kind: 'signing-in', broker, account: false }, { kind: 'sign-in', expected: null }),
    greeted: (state, _, { account, now }) =>
      account
        ? go({ ...state, account }, { kind: 'sign-in-account' })
        : go({ ...state, account, retry: null }, { kind: 'wait-until', at: now + greetMs }),
    'account-signed-in': (_, { user, desktop }) => openDesktop(user, desktop),
    due: (state) => go(state, { kind: 'greet' }),
    'retry-now': (state) => go(state, { kind: 'greet' }),
    failed: (state, { problem }, context) => {
      const { account, broker, retry } = state;
      if (account) return retryAccount(broker, nextRetry(retry?.attempt ?? 0, problem, context));
      // That the broker is away matters to nobody before they sign in.
      const shown = problem.code === 'broker-unreachable' ? state.problem : problem;
      return go({ ...state, problem: shown }, { kind: 'wait-until', at: context.now + greetMs });
    },
    forget: (_, __, context) => forgotten(context, null),
  },
  'signing-in': {
    'signed-in': (_, { user }) => desktops(user),
    'account-signed-in': (_, { user, desktop }) => openDesktop(user, desktop),
    'sign-in-cancelled': ({ broker }, _, context) => signedOut(broker, null, context),
    cancel: ({ broker }, _, context) => signedOut(broker, null, context),
    failed: ({ broker, account }, { problem }, context) =>
      account
        ? retryAccount(broker, nextRetry(0, problem, context))
        : signedOut(broker, problem, context),
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
      return desktop === undefined ? null : openDesktop(user, desktop);
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
    failed: (state, { problem }, context) =>
      state.session === null
        ? notOpened(state, problem, context)
        : afterFailure(state.user, state.session, 0, problem, context),
    cancel: ({ user, session, resumes }) =>
      desktops(
        user,
        // What already ran, or slept, is somebody's work; what only starts is nothing to keep.
        ...(session?.state === 'starting' && !resumes
          ? [{ kind: 'end-session', sessionId: session.id } as const]
          : []),
      ),
    'sign-out': (_, __, context) => signOut(context),
    lock: ({ user, session }) => lock(user, session),
  },
  streaming: {
    'stream-live': (state, { grant }) =>
      grant === state.grant.number
        ? go(
            { ...state, live: true, attempt: 0 },
            { kind: 'watch-session', session: state.session },
          )
        : null,
    // Only what it says of itself while it runs: that it ends is told by the end of the stream.
    'session-changed': (state, { session }) =>
      session.state === 'running'
        ? go({ ...state, session }, { kind: 'watch-session', session })
        : null,
    'stream-closed': (state, { grant, code }, context) => {
      if (grant !== state.grant.number) return null;
      const { user, session } = state;
      if (isRetryableClose(code)) {
        return reconnect(user, session, state.attempt, problem(problemOfClose(code)), context);
      }
      const running = code !== streamClose.sessionEnded && code !== streamClose.timeLimit;
      return ended(user, session.desktop, problem(problemOfClose(code)), running);
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
    connect: ({ user, desktop, running }, { desktopId }) =>
      desktopId === desktop.id ? connect(user, desktop, running) : null,
    cancel: ({ user }) => desktops(user),
    disconnect: ({ user }) => desktops(user),
    'sign-out': (_, __, context) => signOut(context),
    lock: ({ user }) => lock(user, null),
  },
  locked: {
    unlock: (state) =>
      state.unlocking
        ? null
        : go(
            { ...state, unlocking: true, problem: null },
            { kind: 'sign-in', expected: state.user },
          ),
    'signed-in': ({ session }, { user }) =>
      session === null ? desktops(user) : takeUp(user, session),
    'sign-in-cancelled': (state) => go({ ...state, unlocking: false }),
    cancel: (state) => (state.unlocking ? go({ ...state, unlocking: false }) : null),
    failed: (state, { problem }) => go({ ...state, unlocking: false, problem }),
    'sign-out': (_, __, context) => signOut(context),
  },
};
