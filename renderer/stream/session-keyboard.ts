import type { Disposable } from '../../src/contract/disposable.ts';
import { ToolbarChord } from './toolbar-chord.ts';

export type SessionKeys = {
  /** The toolbar's chord was struck. */
  onChord(): void;
  /** Ctrl+Alt+End was struck, and Ctrl and Alt are held on the desktop too. */
  onDelete(): void;
};

/**
 * Looks on while noVNC reads the keyboard. Tells of the terminal's own chords, and lets go of
 * every held key when the focus leaves the picture: the release would go to another element, and
 * the desktop would be left with the key stuck down.
 */
export function watchSessionKeyboard(
  element: HTMLElement,
  { onChord, onDelete }: SessionKeys,
): Disposable {
  const held = new Map<string, KeyboardEvent>();
  const chord = new ToolbarChord();
  const listeners = new AbortController();
  const { signal } = listeners;
  const early = { capture: true, signal };

  element.addEventListener('keydown', press, early);
  element.addEventListener('keyup', release, early);
  element.addEventListener('focusout', ({ target }) => releaseAll(target), early);
  // noVNC releases its keys itself when the whole window loses the focus.
  window.addEventListener('blur', forget, { signal });
  return { dispose: () => listeners.abort() };

  function press(event: KeyboardEvent): void {
    chord.press(event.code);
    if (meansDelete(event)) {
      // Not for noVNC: the desktop is told of another key.
      event.preventDefault();
      event.stopPropagation();
      if (!event.repeat) onDelete();
      return;
    }
    held.set(event.code, event);
  }

  function release({ code }: KeyboardEvent): void {
    held.delete(code);
    if (chord.release(code)) onChord();
  }

  function releaseAll(target: EventTarget | null): void {
    const events = [...held.values()];
    forget();
    for (const { code, key } of events) {
      target?.dispatchEvent(new KeyboardEvent('keyup', { code, key, bubbles: true }));
    }
  }

  function forget(): void {
    held.clear();
    chord.reset();
  }
}

/**
 * Most terminals' own systems keep Ctrl+Alt+Del to themselves; Ctrl+Alt+End stands for it, as it does
 * in other remote desktops. Where AltGr is held, Windows tells of Ctrl and Alt as well.
 */
function meansDelete(event: KeyboardEvent): boolean {
  const { code, ctrlKey, altKey, shiftKey, metaKey } = event;
  const isChord = code === 'End' && ctrlKey && altKey && !shiftKey && !metaKey;
  return isChord && !event.getModifierState('AltGraph');
}
