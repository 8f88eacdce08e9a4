import { type RefObject, useEffect, useRef } from 'react';

/** When somebody last used this terminal, in milliseconds since the epoch; at first, now. */
export function useLastInput(): RefObject<number> {
  const last = useRef(Date.now());
  useEffect(() => {
    const listeners = new AbortController();
    const options = { capture: true, passive: true, signal: listeners.signal };
    const note = () => {
      last.current = Date.now();
    };
    for (const kind of ['keydown', 'pointerdown', 'wheel', 'touchstart'] as const) {
      window.addEventListener(kind, note, options);
    }
    window.addEventListener('pointermove', (event) => isMoved(event) && note(), options);
    return () => listeners.abort();
  }, []);
  return last;
}

/** Chromium tells of the pointer also when the page moves below it. */
function isMoved({ movementX, movementY }: PointerEvent): boolean {
  return movementX !== 0 || movementY !== 0;
}
