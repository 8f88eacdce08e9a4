import { type Problem, problem } from '../contract/errors.ts';
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
  /** The process has ended and everything the machine held is freed. */
  | { kind: 'process-gone' }
  /** The same, after something went wrong. */
  | { kind: 'fault'; problem: Problem };

export type MachineStateKind = MachineState['kind'];
export type MachineEventKind = MachineEvent['kind'];

type EventOf<E extends MachineEventKind> = Extract<MachineEvent, { kind: E }>;

type Step<S extends MachineStateKind, E extends MachineEventKind> = (
  state: Extract<MachineState, { kind: S }>,
  event: EventOf<E>,
) => MachineState;

/** A cell that is missing is an event that means nothing in that state. */
type Table = {
  [S in MachineStateKind]: { [E in MachineEventKind]?: Step<S, E> };
};

const stop = (_: MachineState, { reason }: EventOf<'stop'>): MachineState => ({
  kind: 'stopping',
  reason,
});
const fail = (_: MachineState, event: EventOf<'fault'>): MachineState => ({
  kind: 'failed',
  problem: event.problem,
});
const die = (): MachineState => ({ kind: 'failed', problem: problem('guest-failed') });

const table: Table = {
  preparing: { 'disk-ready': () => ({ kind: 'starting' }), stop, fault: fail, 'process-gone': die },
  starting: { 'qmp-ready': () => ({ kind: 'booting' }), stop, fault: fail, 'process-gone': die },
  booting: { 'desktop-ready': () => ({ kind: 'running' }), stop, fault: fail, 'process-gone': die },
  running: { stop, fault: fail, 'process-gone': die },
  // Whoever asked for the end has it now; how the guest took it matters only to the log.
  stopping: {
    'process-gone': ({ reason }) => ({ kind: 'stopped', reason }),
    fault: ({ reason }) => ({ kind: 'stopped', reason }),
  },
  stopped: {},
  failed: {},
};

/** The state after the event: the very same object when the event means nothing in that state. */
export function transition(state: MachineState, event: MachineEvent): MachineState {
  // The table pairs each cell with its own state and event, which the two lookups cannot express.
  const step = table[state.kind][event.kind] as
    | Step<MachineStateKind, MachineEventKind>
    | undefined;
  return step === undefined ? state : step(state, event);
}

/** Whether the machine has ended, for good. */
export function isOver(state: MachineState): boolean {
  return state.kind === 'stopped' || state.kind === 'failed';
}
