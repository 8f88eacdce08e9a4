import type { Disposable } from '../../src/contract/disposable.ts';
import { ToolbarChord } from './toolbar-chord.ts';

/**
 * Looks on while noVNC reads the keyboard. Calls when the toolbar's chord was struck, and lets go of
 * every held key when the focus leaves the picture: the release would go to another element, and
 * the desktop would be left with the key stuck down.
 */
export function watchSessionKeyboard(element: HTMLElement, onChord: () => void): Disposable {
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
    held.set(event.code, event);
    chord.press(event.code);
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
