import type { User } from '../contract/broker-api.ts';
import type { Desktop } from '../contract/desktop.ts';
import type { Problem } from '../contract/errors.ts';
import type { Session } from '../contract/session.ts';
import type {
  EnrollmentOffer,
  EnrollmentRequest,
  StreamGrant,
  TerminalState,
} from '../contract/terminal.ts';

/** What can happen to the terminal, whatever state it is in. */
export type TerminalEvent =
  // The person
  | { kind: 'enroll'; offer: EnrollmentOffer }
  | { kind: 'forget' }
  | { kind: 'use-memory-vault' }
  | { kind: 'sign-in' }
  | { kind: 'sign-out' }
  | { kind: 'connect'; desktopId: string }
  | { kind: 'cancel' }
  | { kind: 'retry-now' }
  | { kind: 'disconnect' }
  | { kind: 'end'; sessionId: string }
  | { kind: 'lock' }
  | { kind: 'unlock' }
  // The stream
  | { kind: 'stream-live'; grant: number }
  | { kind: 'stream-closed'; grant: number; code: number }
  // The effects
  | { kind: 'identity-found'; broker: string }
  | { kind: 'identity-missing' }
  | { kind: 'resumed'; user: User; session: Session }
  | { kind: 'nothing-to-resume'; broker: string }
  | { kind: 'enrollment-requested'; request: EnrollmentRequest }
  /** The terminal enrolls by itself, and the broker is not there for it yet. */
  | { kind: 'enrollment-delayed'; problem: Problem }
  | { kind: 'enrolled'; broker: string }
  /** The broker was asked what it knows of this terminal. */
  | { kind: 'greeted' }
  | { kind: 'signed-in'; user: User }
  /** The person closed the sign-in page. */
  | { kind: 'sign-in-cancelled' }
  /** With the desktop that the account of the terminal is for, if it is offered now. */
  | { kind: 'account-signed-in'; user: User; desktop: Desktop | null }
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
  | { kind: 'enroll-unattended' }
  | { kind: 'await-approval' }
  | { kind: 'greet' }
  /** Opens the sign-in page; for that user only, unless it is null. */
  | { kind: 'sign-in'; expected: User | null }
  | { kind: 'sign-in-account' }
  | { kind: 'list-desktops' }
  | { kind: 'start-session'; desktopId: string }
  | { kind: 'follow-session'; session: Session }
  /** Answers when there is news of a session that is on the screen. */
  | { kind: 'watch-session'; session: Session }
  | { kind: 'request-ticket'; sessionId: string }
  /** Answers `due` at that time (milliseconds since the epoch). */
  | { kind: 'wait-until'; at: number }
  | { kind: 'end-session'; sessionId: string }
  | { kind: 'lock' }
  | { kind: 'sign-out' }
  | { kind: 'forget' };

export type Transition = { state: TerminalState; effects: Effect[] };

/** What a transition may know besides state and event. */
export type Context = {
  /** Milliseconds since the epoch. */
  now: number;
  /** In [0, 1), for jitter. */
  random: number;
  /** What the enroll screen begins with. */
  offer: EnrollmentOffer | null;
  /** The broker that the terminal enrolls at without being asked. */
  unattended: EnrollmentOffer | null;
  broker: string | null;
  /** The terminal has an account of its own, as far as the broker has said. */
  account: boolean;
};
