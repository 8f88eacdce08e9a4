import { describe, expect, it } from 'vitest';
import { problem } from '../../../../src/contract/errors.ts';
import {
  isOver,
  type MachineEvent,
  type MachineEventKind,
  type MachineState,
  type MachineStateKind,
  transition,
} from '../../../../src/desktops/machine-state.ts';

const full = problem('disk-full');
const damaged = problem('disk-damaged');
const states: Record<MachineStateKind, MachineState> = {
  preparing: { kind: 'preparing' },
  starting: { kind: 'starting' },
  booting: { kind: 'booting' },
  restoring: { kind: 'restoring' },
  running: { kind: 'running' },
  suspending: { kind: 'suspending' },
  suspended: { kind: 'suspended' },
  stopping: { kind: 'stopping', reason: 'expired' },
  stopped: { kind: 'stopped', reason: 'expired' },
  failed: { kind: 'failed', problem: problem('image-unknown') },
};
const events: Record<MachineEventKind, MachineEvent> = {
  'disk-ready': { kind: 'disk-ready' },
  'process-ready': { kind: 'process-ready', next: 'restoring' },
  'desktop-ready': { kind: 'desktop-ready' },
  'disk-fault': { kind: 'disk-fault', problem: full },
  'disk-has-room': { kind: 'disk-has-room' },
  suspend: { kind: 'suspend' },
  suspended: { kind: 'suspended' },
  'suspend-failed': { kind: 'suspend-failed' },
  wake: { kind: 'wake' },
  'wake-failed': { kind: 'wake-failed', problem: full },
  stop: { kind: 'stop', reason: 'asked' },
  'process-gone': { kind: 'process-gone' },
  fault: { kind: 'fault', problem: full },
};

const same = 'same';
const ending = {
  stop: { kind: 'stopping', reason: 'asked' },
  'process-gone': { kind: 'failed', problem: problem('guest-failed') },
  fault: { kind: 'failed', problem: full },
} as const;
const nothing = {
  'disk-ready': same,
  'process-ready': same,
  'desktop-ready': same,
  'disk-fault': same,
  'disk-has-room': same,
  suspend: same,
  suspended: same,
  'suspend-failed': same,
  wake: same,
  'wake-failed': same,
  stop: same,
  'process-gone': same,
  fault: same,
} as const;
const asleepAgain = { 'wake-failed': { kind: 'suspended', problem: full } } as const;
const expected: Record<MachineStateKind, Record<MachineEventKind, MachineState | 'same'>> = {
  preparing: { ...nothing, ...ending, 'disk-ready': { kind: 'starting' } },
  starting: {
    ...nothing,
    ...ending,
    ...asleepAgain,
    'process-ready': { kind: 'restoring' },
  },
  booting: { ...nothing, ...ending, 'desktop-ready': { kind: 'running' } },
  restoring: { ...nothing, ...ending, ...asleepAgain, 'desktop-ready': { kind: 'running' } },
  running: {
    ...nothing,
    ...ending,
    'disk-fault': { kind: 'running', problem: full },
    suspend: { kind: 'suspending' },
  },
  suspending: {
    ...nothing,
    ...ending,
    'disk-fault': { kind: 'suspending', problem: full },
    suspended: { kind: 'suspended' },
    'suspend-failed': { kind: 'running' },
  },
  // It has no process that could go.
  suspended: { ...nothing, ...ending, 'process-gone': same, wake: { kind: 'starting' } },
  stopping: {
    ...nothing,
    'process-gone': { kind: 'stopped', reason: 'expired' },
    fault: { kind: 'stopped', reason: 'expired' },
  },
  stopped: nothing,
  failed: nothing,
};

const cells = Object.values(states).flatMap((state) =>
  Object.values(events).map((event) => ({ state, event, on: state.kind, by: event.kind })),
);

describe('the life cycle of a machine', () => {
  it.each(cells)('$on, $by', ({ state, event }) => {
    const wanted = expected[state.kind][event.kind];
    const next = transition(state, event);
    if (wanted === same) expect(next).toBe(state);
    else expect(next).toEqual(wanted);
  });

  it('forgets why it could not be woken when that is tried again, and sleeps as before', () => {
    const asleep = { kind: 'suspended', problem: full } as const;
    expect(transition(asleep, events.wake)).toEqual({ kind: 'starting' });
    expect(transition({ kind: 'suspending' }, events.suspended)).not.toHaveProperty('problem');
  });

  it('suffers for want of room until there is some, also while it is to be suspended', () => {
    const held = { kind: 'running', problem: full } as const;
    expect(transition(held, events['disk-fault'])).toBe(held);
    expect(transition(held, events['disk-has-room'])).toEqual({ kind: 'running' });
    const suspending = transition(held, events.suspend);
    expect(suspending).toEqual({ kind: 'suspending', problem: full });
    expect(transition(suspending, events['suspend-failed'])).toEqual(held);
    expect(transition(suspending, events.suspended)).toEqual({ kind: 'suspended' });
  });

  it('keeps a damage, which outweighs want of room', () => {
    const fault = { kind: 'disk-fault', problem: damaged } as const;
    const ill = transition({ kind: 'running', problem: full }, fault);
    expect(ill).toEqual({ kind: 'running', problem: damaged });
    for (const kind of ['disk-fault', 'disk-has-room'] as const) {
      expect(transition(ill, events[kind])).toBe(ill);
    }
  });

  it('boots when nothing is to be restored', () => {
    const ready = { kind: 'process-ready', next: 'booting' } as const;
    expect(transition({ kind: 'starting' }, ready)).toEqual({ kind: 'booting' });
  });

  it('is over when stopped or failed, and nothing leads out of there', () => {
    const over = Object.values(states).filter(isOver);
    expect(over.map(({ kind }) => kind)).toEqual(['stopped', 'failed']);
    for (const state of over) {
      for (const event of Object.values(events)) expect(transition(state, event)).toBe(state);
    }
  });
});
