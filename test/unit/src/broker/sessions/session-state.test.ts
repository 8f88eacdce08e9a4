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
    'end-asked': 'ending',
    'machine-stopped': 'ended',
    'machine-failed': 'failed',
  },
  running: {
    'machine-running': 'running',
    'end-asked': 'ending',
    'machine-stopped': 'ended',
    'machine-failed': 'failed',
  },
  ending: {
    'machine-running': 'ending',
    'end-asked': 'ending',
    'machine-stopped': 'ended',
    'machine-failed': 'ended',
  },
  ended: {
    'machine-running': 'ended',
    'end-asked': 'ended',
    'machine-stopped': 'ended',
    'machine-failed': 'ended',
  },
  failed: {
    'machine-running': 'failed',
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
