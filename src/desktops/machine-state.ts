import type { Problem } from '../contract/errors.ts';
import type { StopReason } from './engine.ts';

/**
 * The life cycle of a machine.
 *
 *   preparing ──► starting ──► booting ──► running ──► stopping ──► stopped
 *       │             │           │           │            ▲
 *       │             │           │           │            │
 *       ├─────────────┴───────────┴───────────┴── stop ────┘
 *       └──────────── fault, from any of them ──► failed
 *
 * - preparing: the overlay disk is made; no process yet
 * - starting: QEMU is spawned and answers QMP
 * - booting: the guest executes; its screen can be watched
 * - running: the desktop is painted
 * - stopping, stopped: asked to end; everything it held is freed
 * - failed: ended by a fault; everything it held is freed
 */
export type MachineState =
  | { kind: 'preparing' }
  | { kind: 'starting' }
  | { kind: 'booting' }
  | { kind: 'running' }
  | { kind: 'stopping'; reason: StopReason }
  | { kind: 'stopped'; reason: StopReason }
  | { kind: 'failed'; problem: Problem };

export type MachineEvent =
  | { kind: 'disk-ready' }
  | { kind: 'qmp-ready' }
  | { kind: 'desktop-ready' }
  | { kind: 'stop'; reason: StopReason }
  | { kind: 'process-gone' }
  | { kind: 'fault'; problem: Problem };
