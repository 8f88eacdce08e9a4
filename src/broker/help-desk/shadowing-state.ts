import type { ShadowingState } from '../../contract/help-desk.ts';

/**
 *   requested ── allow ──▶ active ── stop ──▶ ended
 *       │ └── decline ──▶ declined              ▲
 *       ├── time is up ─▶ expired               │
 *       └── stop ───────────────────────────────┘
 */
export type ShadowingEvent = 'allow' | 'decline' | 'expire' | 'stop';

const table: Record<ShadowingState, Partial<Record<ShadowingEvent, ShadowingState>>> = {
  requested: { allow: 'active', decline: 'declined', expire: 'expired', stop: 'ended' },
  active: { stop: 'ended' },
  declined: {},
  expired: {},
  ended: {},
};

/** The same state where the event has no place. */
export function nextShadowingState(state: ShadowingState, event: ShadowingEvent): ShadowingState {
  return table[state][event] ?? state;
}

/** Whether it asks for something, or shows something, still. */
export function isOpen(state: ShadowingState): boolean {
  return state === 'requested' || state === 'active';
}
