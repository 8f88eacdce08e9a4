import { describe, expect, it } from 'vitest';
import {
  nextToolbarState,
  type ToolbarEvent,
  type ToolbarState,
} from '../../../../renderer/state/toolbar-visibility.ts';

const events: ToolbarEvent[] = [
  'timeout',
  'edge',
  'touch',
  'pointer-left',
  'chord',
  'dismiss',
  'focus-left',
];

/** One row a state, one column an event, in the order above; a dot stays where it is. */
const rows: [ToolbarState, ...(ToolbarState | '.')[]][] = [
  ['lingering', 'hidden', 'pointed', '.', '.', 'held', 'hidden', '.'],
  ['hidden', '.', 'pointed', 'lingering', '.', 'held', '.', '.'],
  ['pointed', '.', '.', '.', 'lingering', 'held', 'hidden', '.'],
  ['held', '.', '.', '.', '.', 'hidden', 'hidden', 'hidden'],
];

describe('the toolbar of a session', () => {
  for (const [state, ...cells] of rows) {
    cells.forEach((cell, column) => {
      const event = events[column];
      const wanted = cell === '.' ? state : cell;
      it(`${state} + ${event} = ${wanted}`, () => {
        expect(event && nextToolbarState(state, event)).toBe(wanted);
      });
    });
  }
});
