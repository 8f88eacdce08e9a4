/**
 * When the toolbar of a session shows:
 *
 *   lingering ── timeout ──▶ hidden ── pointer at the edge ──▶ pointed
 *       ▲                     │  ▲                                │
 *       └── pointer leaves ───┼──┼────────────────────────────────┘
 *                       chord │  │ chord, Escape, focus leaves
 *                             ▼  │
 *                            held
 *
 * A session begins `lingering`, so that the toolbar is seen once. `held` is the keyboard's: it stays
 * until the keyboard lets it go, whatever the pointer does. A finger does not stay on the edge as a
 * pointer does, so its touch lets the toolbar linger.
 */
export type ToolbarState = 'lingering' | 'hidden' | 'pointed' | 'held';
export type ToolbarEvent =
  | 'timeout'
  | 'edge'
  | 'touch'
  | 'pointer-left'
  | 'chord'
  | 'dismiss'
  | 'focus-left';

const table: Record<ToolbarState, Partial<Record<ToolbarEvent, ToolbarState>>> = {
  lingering: { timeout: 'hidden', edge: 'pointed', chord: 'held', dismiss: 'hidden' },
  hidden: { edge: 'pointed', touch: 'lingering', chord: 'held' },
  pointed: { 'pointer-left': 'lingering', chord: 'held', dismiss: 'hidden' },
  held: { chord: 'hidden', dismiss: 'hidden', 'focus-left': 'hidden' },
};

export function nextToolbarState(state: ToolbarState, event: ToolbarEvent): ToolbarState {
  return table[state][event] ?? state;
}
