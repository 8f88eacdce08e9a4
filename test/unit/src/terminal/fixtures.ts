import type { User } from '../../../../src/contract/broker-api.ts';
import type { Desktop } from '../../../../src/contract/desktop.ts';
import { problem } from '../../../../src/contract/errors.ts';
import type { Session } from '../../../../src/contract/session.ts';
import { usualSessionPolicy } from '../../../../src/contract/session-policy.ts';
import { streamClose } from '../../../../src/contract/stream.ts';
import type {
  EnrollmentRequest,
  StateOf,
  StreamGrant,
  TerminalState,
  TerminalStateKind,
} from '../../../../src/contract/terminal.ts';
import type { Context, TerminalEvent, TerminalEventKind } from '../../../../src/terminal/events.ts';

export const broker = 'https://broker.example';
export const offer = { broker };
export const request: EnrollmentRequest = {
  userCode: 'BCDF-GHJK',
  approvalUrl: `${broker}/enroll?code=BCDF-GHJK`,
  approvalPage: `${broker}/enroll`,
  fingerprint: '0001 0203 0405 0607 0809',
  expiresAt: 600_000,
};
export const user: User = {
  id: '0f4b8f0e-5b0c-4c39-9f6e-7a1f6b1f0a01',
  username: 'ada',
  displayName: 'Ada',
};
export const session: Session = {
  id: '0f4b8f0e-5b0c-4c39-9f6e-7a1f6b1f0a02',
  desktop: { id: '0f4b8f0e-5b0c-4c39-9f6e-7a1f6b1f0a03', name: 'Office', engine: 'para' },
  state: 'running',
  steps: [],
  revision: 4,
  startedAt: '2026-01-01T08:00:00.000Z',
  expiresAt: '2026-01-01T20:00:00.000Z',
  accelerator: 'tcg',
  problem: null,
  policy: usualSessionPolicy,
};
export const desktop: Desktop = {
  ...session.desktop,
  description: 'For everyday work',
  image: 'porthole-desktop',
  session: null,
};
export const grant: StreamGrant = {
  number: 3,
  url: 'wss://broker.example/v1/stream',
  idleSeconds: 1_800,
  protocols: ['a'],
};
export const retry = { attempt: 2, at: 5_000, problem: problem('broker-unreachable') };
export const context: Context = {
  now: 1_000,
  random: 0,
  offer,
  unattended: null,
  broker,
  account: false,
};

/** One of each state, as plain as it gets. */
export const states: { [K in TerminalStateKind]: StateOf<K> } = {
  booting: { kind: 'booting', broker, retry },
  blocked: { kind: 'blocked', problem: problem('vault-unavailable'), retry: null },
  unenrolled: { kind: 'unenrolled', offer, problem: null },
  enrolling: { kind: 'enrolling', offer, request: null, retry },
  'signed-out': { kind: 'signed-out', broker, account: false, retry: null, problem: null },
  'signing-in': { kind: 'signing-in', broker, account: false },
  'signed-in': { kind: 'signed-in', user, desktops: [desktop], problem: null },
  connecting: { kind: 'connecting', user, desktop: session.desktop, session, resumes: false },
  streaming: { kind: 'streaming', user, session, grant, attempt: 0, live: false },
  reconnecting: { kind: 'reconnecting', user, session, retry },
  ended: { kind: 'ended', user, desktop: session.desktop, problem: null, running: true },
  locked: { kind: 'locked', user, session, unlocking: false, problem: null },
};

/** One of each event, matching the states above. */
export const events: { [K in TerminalEventKind]: Extract<TerminalEvent, { kind: K }> } = {
  enroll: { kind: 'enroll', offer },
  forget: { kind: 'forget' },
  'use-memory-vault': { kind: 'use-memory-vault' },
  'sign-in': { kind: 'sign-in' },
  'sign-out': { kind: 'sign-out' },
  connect: { kind: 'connect', desktopId: desktop.id },
  cancel: { kind: 'cancel' },
  'retry-now': { kind: 'retry-now' },
  disconnect: { kind: 'disconnect' },
  end: { kind: 'end', sessionId: session.id },
  lock: { kind: 'lock' },
  unlock: { kind: 'unlock' },
  'stream-live': { kind: 'stream-live', grant: grant.number },
  'stream-closed': { kind: 'stream-closed', grant: grant.number, code: streamClose.guestLost },
  'identity-found': { kind: 'identity-found', broker },
  'identity-missing': { kind: 'identity-missing' },
  resumed: { kind: 'resumed', user, session },
  'nothing-to-resume': { kind: 'nothing-to-resume', broker },
  'enrollment-requested': { kind: 'enrollment-requested', request },
  'enrollment-delayed': { kind: 'enrollment-delayed', problem: problem('broker-unreachable') },
  enrolled: { kind: 'enrolled', broker },
  greeted: { kind: 'greeted' },
  'signed-in': { kind: 'signed-in', user },
  'sign-in-cancelled': { kind: 'sign-in-cancelled' },
  'account-signed-in': { kind: 'account-signed-in', user, desktop },
  'desktops-listed': { kind: 'desktops-listed', desktops: [desktop] },
  'session-changed': { kind: 'session-changed', session },
  'ticket-granted': { kind: 'ticket-granted', grant },
  due: { kind: 'due' },
  failed: { kind: 'failed', problem: problem('broker-unreachable') },
};

export function stateOf(kind: TerminalStateKind): TerminalState {
  return states[kind];
}
