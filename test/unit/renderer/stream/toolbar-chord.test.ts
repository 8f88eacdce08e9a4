import { describe, expect, it } from 'vitest';
import { ToolbarChord } from '../../../../renderer/stream/toolbar-chord.ts';

/** "+Code" presses and "-Code" releases; the answer is which releases called the toolbar. */
function play(...moves: string[]): string[] {
  const chord = new ToolbarChord();
  return moves.filter((move) => {
    if (move.startsWith('-')) return chord.release(move.slice(1));
    chord.press(move.slice(1));
    return false;
  });
}

const down = ['+ControlLeft', '+AltLeft', '+ShiftLeft'];

describe('the chord that calls the toolbar', () => {
  it('is struck once, when the first of the three keys is let go', () => {
    expect(play(...down, '-AltLeft', '-ShiftLeft', '-ControlLeft')).toEqual(['-AltLeft']);
  });

  it('is the same from either side of the keyboard and in any order', () => {
    expect(play('+ShiftRight', '+ControlRight', '+AltLeft', '-ControlRight')).toHaveLength(1);
  });

  it('is not two keys, and not three with another', () => {
    expect(play('+ControlLeft', '+AltLeft', '-AltLeft', '-ControlLeft')).toEqual([]);
    expect(play(...down, '+KeyA', '-KeyA', '-ShiftLeft', '-AltLeft', '-ControlLeft')).toEqual([]);
    expect(play('+KeyA', ...down, '-ShiftLeft')).toEqual([]);
  });

  it('counts again once everything was let go', () => {
    const mixed = [...down, '+KeyA', '-KeyA', '-ShiftLeft', '-AltLeft', '-ControlLeft'];
    expect(play(...mixed, ...down, '-ShiftLeft')).toEqual(['-ShiftLeft']);
  });

  it('takes a repeated press for one', () => {
    expect(play(...down, '+ShiftLeft', '+ShiftLeft', '-ShiftLeft')).toHaveLength(1);
  });

  it('forgets what was held when it is reset', () => {
    const chord = new ToolbarChord();
    for (const move of down) chord.press(move.slice(1));
    chord.reset();
    expect(chord.release('ShiftLeft')).toBe(false);
  });
});
