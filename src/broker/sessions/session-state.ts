import type { Session } from '../../contract/session.ts';

/**
 * The life cycle of a session, as its user sees it.
 *
 *   starting ──► running ──► ending ──► ended
 *      ▲            │ │         ▲ ▲
 *      │            │ └── end ──┘ │
 *      │            ▼             │
 *      └─ waking ─ suspended ─ end┘
 *
 *   end, from starting ──► ending
 *   woken in vain, from starting ──► suspended, with the problem
 *   failed, from any of the first three ──► failed
 *
 * A machine that ends by itself, or is stopped by the host, ends the session without `ending`. A
 * machine that fails while it is being ended is as gone as the user wished: `ended`.
 */
export type SessionState = Session['state'];

export type SessionEvent =
  | 'machine-running'
  | 'machine-suspended'
  | 'machine-waking'
  | 'end-asked'
  | 'machine-stopped'
  | 'machine-failed';

/** An event that a state does not name leaves it as it is. */
export const sessionTransitions: Readonly<
  Record<SessionState, Partial<Record<SessionEvent, SessionState>>>
> = {
  starting: {
    'machine-running': 'running',
    'machine-suspended': 'suspended',
    'end-asked': 'ending',
    'machine-stopped': 'ended',
    'machine-failed': 'failed',
  },
  running: {
    'machine-suspended': 'suspended',
    'end-asked': 'ending',
    'machine-stopped': 'ended',
    'machine-failed': 'failed',
  },
  suspended: {
    'machine-waking': 'starting',
    'machine-running': 'running',
    'end-asked': 'ending',
    'machine-stopped': 'ended',
    'machine-failed': 'failed',
  },
  ending: {
    'machine-stopped': 'ended',
    'machine-failed': 'ended',
  },
  ended: {},
  failed: {},
};

export function nextSessionState(state: SessionState, event: SessionEvent): SessionState {
  return sessionTransitions[state][event] ?? state;
}

export function isOver(state: SessionState): boolean {
  return state === 'ended' || state === 'failed';
}

/** Whether its user can go on with it. */
export function isLive(state: SessionState): boolean {
  return state === 'starting' || state === 'running' || state === 'suspended';
}
