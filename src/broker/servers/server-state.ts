import type { VirtualServer } from '../../contract/server.ts';

/**
 * The life cycle of a virtual server.
 *
 *   stopped ── start ──► starting ──► running ── stop ──► stopping ──► stopped
 *      ▲                  │  ▲  └── stop ──────────────────►┘
 *      │                  │  │
 *      ├── switched off ──┴──┼── from inside, also while it runs
 *      └──── stop ──── failed ◄── a fault, also while it runs
 *
 * Whether one that has failed, or was switched off from inside, starts again is up to its policy.
 */
export type ServerState = VirtualServer['state'];

export type ServerEvent =
  | 'start'
  | 'stop'
  | 'machine-running'
  /** It was switched off, or ended as it was asked to. */
  | 'machine-stopped'
  | 'machine-failed';

const live = {
  stop: 'stopping',
  'machine-stopped': 'stopped',
  'machine-failed': 'failed',
} as const;

/** An event that a state does not name leaves it as it is. */
export const serverTransitions: Readonly<
  Record<ServerState, Partial<Record<ServerEvent, ServerState>>>
> = {
  stopped: { start: 'starting' },
  starting: { 'machine-running': 'running', ...live },
  running: live,
  // Whoever asked for the end has it now, however the guest took it.
  stopping: { 'machine-stopped': 'stopped', 'machine-failed': 'stopped' },
  failed: { start: 'starting', stop: 'stopped' },
};

export function nextServerState(state: ServerState, event: ServerEvent): ServerState {
  return serverTransitions[state][event] ?? state;
}
