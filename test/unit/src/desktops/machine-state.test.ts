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
const states: Record<MachineStateKind, MachineState> = {
  preparing: { kind: 'preparing' },
  starting: { kind: 'starting' },
  booting: { kind: 'booting' },
  running: { kind: 'running' },
  stopping: { kind: 'stopping', reason: 'expired' },
  stopped: { kind: 'stopped', reason: 'expired' },
  failed: { kind: 'failed', problem: problem('image-unknown') },
};
const events: Record<MachineEventKind, MachineEvent> = {
  'disk-ready': { kind: 'disk-ready' },
  'qmp-ready': { kind: 'qmp-ready' },
  'desktop-ready': { kind: 'desktop-ready' },
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
  'qmp-ready': same,
  'desktop-ready': same,
  stop: same,
  'process-gone': same,
  fault: same,
} as const;
const expected: Record<MachineStateKind, Record<MachineEventKind, MachineState | 'same'>> = {
  preparing: { ...nothing, ...ending, 'disk-ready': { kind: 'starting' } },
  starting: { ...nothing, ...ending, 'qmp-ready': { kind: 'booting' } },
  booting: { ...nothing, ...ending, 'desktop-ready': { kind: 'running' } },
  running: { ...nothing, ...ending },
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

  it('is over when stopped or failed, and nothing leads out of there', () => {
    const over = Object.values(states).filter(isOver);
    expect(over.map(({ kind }) => kind)).toEqual(['stopped', 'failed']);
    for (const state of over) {
      for (const event of Object.values(events)) expect(transition(state, event)).toBe(state);
    }
  });
});
