import { expect, it, vi } from 'vitest';
import { clipboardsOf } from '../../../main/clipboards.ts';

const board = () => ({ readText: vi.fn(() => 'text'), clear: vi.fn() });

it('is one, where systems have one', () => {
  const clipboard = board();
  expect(clipboardsOf(clipboard, 'darwin')).toEqual([clipboard]);
});

it('is two on Linux, the second what was selected', () => {
  const [clipboard, selection] = [board(), board()];
  // Of the selection no more is looked at.
  const electron = { ...clipboard, selection: selection as never };
  expect(clipboardsOf(electron, 'linux')).toEqual([electron, selection]);
});

it('asks earlier versions of Electron for the selection by its name', () => {
  const clipboard = board();
  const [, selection] = clipboardsOf(clipboard, 'linux');
  expect(selection?.readText()).toBe('text');
  selection?.clear();
  expect(clipboard.readText).toHaveBeenCalledWith('selection');
  expect(clipboard.clear).toHaveBeenCalledWith('selection');
});
