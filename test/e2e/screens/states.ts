import type { Desktop } from '../../../src/contract/desktop.ts';
import { type Problem, problem } from '../../../src/contract/errors.ts';
import { approvalUrl, fingerprintOf } from '../../../src/contract/identity.ts';
import type { Session, Step } from '../../../src/contract/session.ts';
import { usualSessionPolicy } from '../../../src/contract/session-policy.ts';
import type { EnrollmentRequest, StateOf, TerminalState } from '../../../src/contract/terminal.ts';

const broker = 'https://broker.example';
const user = {
  id: '6a1d9c3e-54f2-4b0e-9a64-0f6a3c1d2e01',
  username: 'ada',
  displayName: 'Ada Lovelace',
};
const startedAt = '2026-05-04T10:42:00.000Z';

export const sessionId = '9f2b7c54-1f0a-4f55-8a3e-2b6f0c9d1a11';
export const idlePictureSessionId = '9f2b7c54-1f0a-4f55-8a3e-000000000000';

export const desktops: Desktop[] = [
  {
    id: '0b6e2a1c-8d3f-4c57-9e21-7a5f4d3c2b11',
    name: 'Workshop',
    description: 'Terminal, editor and files for every day',
    engine: 'para',
    image: 'porthole-desktop',
    session: { id: sessionId, state: 'running', startedAt },
  },
  {
    id: '0b6e2a1c-8d3f-4c57-9e21-7a5f4d3c2b12',
    name: 'Accounting',
    description: 'The machine that the old ledger needs',
    engine: 'full',
    image: 'porthole-desktop',
    session: null,
  },
  {
    id: '0b6e2a1c-8d3f-4c57-9e21-7a5f4d3c2b13',
    name: 'Laboratory with a rather long name',
    description: '',
    engine: 'para',
    image: 'porthole-desktop',
    session: { id: idlePictureSessionId, state: 'running', startedAt },
  },
  {
    id: '0b6e2a1c-8d3f-4c57-9e21-7a5f4d3c2b14',
    name: 'Reading room',
    description: 'A terminal and a place for notes',
    engine: 'os-level',
    image: 'porthole-desktop',
    session: null,
  },
];

const steps: Step[] = [
  { name: 'preparing-disk', state: 'done', expectedMs: 120, elapsedMs: 134 },
  { name: 'starting-machine', state: 'done', expectedMs: 600, elapsedMs: 712 },
  { name: 'booting', state: 'active', expectedMs: 8_000, elapsedMs: 3_100 },
  { name: 'drawing', state: 'waiting', expectedMs: 300, elapsedMs: null },
];

export const session: Session = {
  id: sessionId,
  desktop: { id: '0b6e2a1c-8d3f-4c57-9e21-7a5f4d3c2b11', name: 'Workshop', engine: 'para' },
  state: 'running',
  steps,
  revision: 4,
  startedAt,
  expiresAt: '2026-05-04T22:42:00.000Z',
  accelerator: 'tcg',
  problem: null,
  policy: usualSessionPolicy,
};

/** Far enough that no countdown ends while a test looks at it. */
const soon = () => Date.now() + 27_000;
const later = () => Date.now() + 570_000;

const offer = { broker };

const enrollmentRequest: EnrollmentRequest = {
  userCode: 'BCDF-GHJK',
  approvalUrl: approvalUrl(broker, 'BCDFGHJK', {
    ca: 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg',
    key: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
  }),
  approvalPage: `${broker}/enroll`,
  fingerprint: fingerprintOf('47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'),
  expiresAt: 0,
};

/** The desktops, each with a session in the given state. */
function withSessions(...found: (NonNullable<Desktop['session']>['state'] | null)[]): Desktop[] {
  return desktops.map((desktop, place) => {
    const state = found[place] ?? null;
    return { ...desktop, session: state === null ? null : { id: sessionId, state, startedAt } };
  });
}

function signedOut(found: Problem | null): StateOf<'signed-out'> {
  return { kind: 'signed-out', broker, account: false, retry: null, problem: found };
}

function signedIn(listed: Desktop[]): TerminalState {
  return { kind: 'signed-in', user, desktops: listed, problem: null };
}

export function streaming(
  url: string,
  number: number,
  part: Partial<StateOf<'streaming'>> = {},
): StateOf<'streaming'> {
  const idleSeconds = 1_800;
  const grant = {
    idleSeconds,
    number,
    url,
    protocols: ['rfb.porthole.v1', `ticket.porthole.v1.${number}`],
  };
  return { kind: 'streaming', user, session, grant, attempt: 0, live: false, ...part };
}

/** Every state that has a screen of its own, by the name of its screenshot, made afresh each time. */
const states = {
  starting: () => ({ kind: 'booting', broker, retry: null }),
  'starting-retry': () => ({
    kind: 'booting',
    broker,
    retry: { attempt: 3, at: soon(), problem: problem('broker-unreachable') },
  }),
  blocked: () => ({ kind: 'blocked', problem: problem('vault-unavailable'), retry: null }),
  'blocked-key-changed': () => ({
    kind: 'blocked',
    problem: problem('broker-key-changed', { detail: 'broker.example' }),
    retry: null,
  }),
  enroll: () => ({ kind: 'unenrolled', offer: null, problem: null }),
  'enroll-offer': () => ({ kind: 'unenrolled', offer, problem: null }),
  'enroll-problem': () => ({ kind: 'unenrolled', offer, problem: problem('enrollment-denied') }),
  'enrolling-contacting': () => ({ kind: 'enrolling', offer, request: null, retry: null }),
  'enrolling-request': () => ({
    kind: 'enrolling',
    offer,
    request: { ...enrollmentRequest, expiresAt: later() },
    retry: null,
  }),
  'enrolling-retry': () => ({
    kind: 'enrolling',
    offer,
    request: null,
    retry: { attempt: 4, at: soon(), problem: problem('broker-unreachable') },
  }),
  'sign-in': () => signedOut(null),
  'sign-in-problem': () => signedOut(problem('sign-in-refused')),
  'signing-in': () => ({ kind: 'signing-in', broker, account: false }),
  account: () => ({ kind: 'signing-in', broker, account: true }),
  'account-retry': () => ({
    ...signedOut(null),
    account: true,
    retry: { attempt: 2, at: soon(), problem: problem('host-full') },
  }),
  'desktops-loading': () => ({ kind: 'signed-in', user, desktops: null, problem: null }),
  'desktops-empty': () => ({ kind: 'signed-in', user, desktops: [], problem: null }),
  desktops: () => ({ kind: 'signed-in', user, desktops, problem: null }),
  'desktops-moving': () => signedIn(withSessions('starting', 'ending', 'starting')),
  'desktops-off': () => signedIn(withSessions(null, null, null)),
  'desktops-asleep': () => signedIn(withSessions('suspended', null, 'suspended')),
  'desktops-problem': () => ({
    kind: 'signed-in',
    user,
    desktops,
    problem: problem('broker-unreachable', { detail: 'broker.example:443' }),
  }),
  'connecting-asking': () => ({
    kind: 'connecting',
    user,
    desktop: session.desktop,
    session: null,
    resumes: false,
  }),
  connecting: () => ({
    kind: 'connecting',
    user,
    desktop: session.desktop,
    session: { ...session, state: 'starting' },
    resumes: false,
  }),
  reconnecting: () => ({
    kind: 'reconnecting',
    user,
    session,
    retry: { attempt: 2, at: soon(), problem: problem('stream-lost') },
  }),
  ended: () => ({ kind: 'ended', user, desktop: session.desktop, problem: null, running: false }),
  'ended-running': () => ({
    kind: 'ended',
    user,
    desktop: session.desktop,
    problem: problem('stream-idle-limit'),
    running: true,
  }),
  'ended-failed': () => ({
    kind: 'ended',
    user,
    desktop: session.desktop,
    problem: problem('guest-failed', { requestId: 'req-4f' }),
    running: false,
  }),
  'ended-full': () => ({
    kind: 'ended',
    user,
    desktop: session.desktop,
    problem: problem('host-full', { detail: '384 MiB are needed, and 112 MiB are free' }),
    running: false,
  }),
  'ended-full-asleep': () => ({
    kind: 'ended',
    user,
    desktop: session.desktop,
    problem: problem('host-full', { detail: '384 MiB are needed, and 112 MiB are free' }),
    running: true,
  }),
  'ended-not-woken': () => ({
    kind: 'ended',
    user,
    desktop: session.desktop,
    problem: problem('image-unknown'),
    running: true,
  }),
  'ended-time-limit': () => ({
    kind: 'ended',
    user,
    desktop: session.desktop,
    problem: problem('stream-time-limit'),
    running: false,
  }),
  locked: () => ({ kind: 'locked', user, session, unlocking: false, problem: null }),
  'locked-problem': () => ({
    kind: 'locked',
    user,
    session,
    unlocking: false,
    problem: problem('sign-in-refused'),
  }),
  unlocking: () => ({ kind: 'locked', user, session, unlocking: true, problem: null }),
} satisfies Record<string, () => TerminalState>;

export type StateName = keyof typeof states;
export const stateNames = Object.keys(states) as StateName[]; // Object.keys widens to string[]

export function stateNamed(name: StateName): TerminalState {
  return states[name]();
}
