import { type Problem, problem } from '../contract/errors.ts';
import type { StopReason } from './engine.ts';

type Troubled<K extends string> = {
  kind: K;
  /** What its disk suffers from: disk-full or disk-damaged. */
  problem?: Problem;
};

/**
 * The life cycle of a machine.
 *
 *   preparing ─► starting ─► booting ───► running ─► stopping ─► stopped
 *                   ▲  └───► restoring ─►  │  ▲
 *                   │                      ▼  │ (it could not be suspended: it runs on)
 *                   └─ wake ─ suspended ◄─ suspending
 *                               ▲
 *   starting, restoring ────────┘ (it could not be woken: what was saved of it is whole)
 *
 *   disk fault, from running, suspending ──► the same, with the problem, until there is room
 *   stop, from any of them ──► stopping, or stopped where no process is
 *   fault, from any of them ──► failed
 *
 * - preparing: the overlay disk is made; no process yet
 * - starting: the process is spawned and answers
 * - booting: the guest executes; its screen can be watched
 * - restoring: memory and devices of a template, or of its own suspension, are put in place, and a
 *   clone is given an identity of its own
 * - running: the desktop is painted. With a problem, its disk takes no more of what it writes, and
 *   it stands still until there is room (disk-full); or its disk is not what it was (disk-damaged),
 *   which it stays until the process ends
 * - suspending, suspended: memory and devices are written to disk; then there is no process. A fault
 *   on the way from there back to work ends it only once it executes again: before that, nothing
 *   that was saved is changed, and the next try may succeed
 * - stopping, stopped: asked to end; everything it held is freed
 * - failed: ended by a fault; everything it held is freed
 */
export type MachineState =
  | { kind: 'preparing' }
  | { kind: 'starting' }
  | { kind: 'booting' }
  | { kind: 'restoring' }
  | Troubled<'running'>
  | Troubled<'suspending'>
  /** `problem`: why it could not be woken the last time. */
  | { kind: 'suspended'; problem?: Problem }
  | { kind: 'stopping'; reason: StopReason }
  | { kind: 'stopped'; reason: StopReason }
  | { kind: 'failed'; problem: Problem };

export type MachineEvent =
  | { kind: 'disk-ready' }
  /** The process answers: `restoring` when it goes on from a memory that was saved. */
  | { kind: 'process-ready'; next: 'booting' | 'restoring' }
  | { kind: 'desktop-ready' }
  /** The disk of a guest at work failed. */
  | { kind: 'disk-fault'; problem: Problem }
  /** The guest that was held for want of room went on. */
  | { kind: 'disk-has-room' }
  | { kind: 'suspend' }
  /** Memory and devices are on disk, and the process is gone. */
  | { kind: 'suspended' }
  | { kind: 'suspend-failed' }
  | { kind: 'wake' }
  /** Its saved state is whole, and the process that was to take it in is gone. */
  | { kind: 'wake-failed'; problem: Problem }
  | { kind: 'stop'; reason: StopReason }
  /** The process has ended and everything the machine held is freed. */
  | { kind: 'process-gone' }
  /** The same, after something went wrong. */
  | { kind: 'fault'; problem: Problem };

export type MachineStateKind = MachineState['kind'];
export type MachineEventKind = MachineEvent['kind'];

type EventOf<E extends MachineEventKind> = Extract<MachineEvent, { kind: E }>;

type AtWork = Extract<MachineState, { kind: 'running' | 'suspending' }>;

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

const sleepOn = (_: MachineState, { problem: reason }: EventOf<'wake-failed'>): MachineState => ({
  kind: 'suspended',
  problem: reason,
});

/** A damage outweighs want of room, and stays. */
const suffer = <S extends AtWork>(state: S, event: EventOf<'disk-fault'>): S =>
  state.problem?.code === 'disk-damaged' || state.problem?.code === event.problem.code
    ? state
    : { ...state, problem: event.problem };

/** With what its disk suffers from. */
const atWork = (kind: AtWork['kind'], { problem: reason }: AtWork): MachineState =>
  reason === undefined ? { kind } : { kind, problem: reason };

const recover = (state: AtWork): MachineState =>
  state.problem?.code === 'disk-full' ? { kind: state.kind } : state;

const live = { stop, fault: fail, 'process-gone': die };

const table: Table = {
  preparing: { 'disk-ready': () => ({ kind: 'starting' }), ...live },
  starting: {
    'process-ready': (_, { next }) => ({ kind: next }),
    'wake-failed': sleepOn,
    ...live,
  },
  booting: { 'desktop-ready': () => ({ kind: 'running' }), ...live },
  restoring: { 'desktop-ready': () => ({ kind: 'running' }), 'wake-failed': sleepOn, ...live },
  running: {
    suspend: (state) => atWork('suspending', state),
    'disk-fault': suffer,
    'disk-has-room': recover,
    ...live,
  },
  suspending: {
    suspended: () => ({ kind: 'suspended' }),
    'suspend-failed': (state) => atWork('running', state),
    'disk-fault': suffer,
    'disk-has-room': recover,
    ...live,
  },
  suspended: { wake: () => ({ kind: 'starting' }), stop, fault: fail },
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
