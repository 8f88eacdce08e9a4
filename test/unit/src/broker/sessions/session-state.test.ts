import { describe, expect, it } from 'vitest';
import {
  nextSessionState,
  type SessionEvent,
  type SessionState,
} from '../../../../../src/broker/sessions/session-state.ts';

/** Every state and every event; where nothing is to happen, the state itself. */
const cells: Record<SessionState, Record<SessionEvent, SessionState>> = {
  starting: {
    'machine-running': 'running',
    'machine-suspended': 'suspended',
    'machine-waking': 'starting',
    'end-asked': 'ending',
    'machine-stopped': 'ended',
    'machine-failed': 'failed',
  },
  running: {
    'machine-running': 'running',
    'machine-suspended': 'suspended',
    'machine-waking': 'running',
    'end-asked': 'ending',
    'machine-stopped': 'ended',
    'machine-failed': 'failed',
  },
  suspended: {
    'machine-running': 'running',
    'machine-suspended': 'suspended',
    'machine-waking': 'starting',
    'end-asked': 'ending',
    'machine-stopped': 'ended',
    'machine-failed': 'failed',
  },
  ending: {
    'machine-running': 'ending',
    'machine-suspended': 'ending',
    'machine-waking': 'ending',
    'end-asked': 'ending',
    'machine-stopped': 'ended',
    'machine-failed': 'ended',
  },
  ended: {
    'machine-running': 'ended',
    'machine-suspended': 'ended',
    'machine-waking': 'ended',
    'end-asked': 'ended',
    'machine-stopped': 'ended',
    'machine-failed': 'ended',
  },
  failed: {
    'machine-running': 'failed',
    'machine-suspended': 'failed',
    'machine-waking': 'failed',
    'end-asked': 'failed',
    'machine-stopped': 'failed',
    'machine-failed': 'failed',
  },
};

const table = Object.entries(cells).flatMap(([state, row]) =>
  Object.entries(row).map(([event, next]) => [state, event, next] as const),
);

describe('a session', () => {
  it.each(table)('that is %s, at %s, is %s', (state, event, next) => {
    // Object.entries widens the keys of `cells` to string.
    expect(nextSessionState(state as SessionState, event as SessionEvent)).toBe(next);
  });
});
