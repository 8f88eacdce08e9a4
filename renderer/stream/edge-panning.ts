import type { Disposable } from '../../src/contract/disposable.ts';

/** How near to an edge the pointer moves the picture, in CSS pixels. */
const reach = 32;
/** How far the picture moves in each frame at the very edge, in its own pixels. */
const fastest = 24;

/**
 * While the pointer is at an edge of the element, moves the picture by frames, the faster the nearer.
 * @param pan by pixels of the picture; whether there was anything to move
 */
export function watchEdges(
  element: HTMLElement,
  pan: (right: number, down: number) => boolean,
): Disposable {
  const listeners = new AbortController();
  const options = { capture: true, passive: true, signal: listeners.signal };
  let last: PointerEvent | null = null;
  let frame = 0;

  element.addEventListener('pointermove', (event) => follow(event), options);
  element.addEventListener('pointerleave', () => stop(), options);
  return {
    dispose: () => {
      listeners.abort();
      stop();
    },
  };

  function follow(event: PointerEvent): void {
    if (event.pointerType === 'touch') return;
    last = event;
    if (frame === 0) frame = requestAnimationFrame(step);
  }

  function stop(): void {
    last = null;
    cancelAnimationFrame(frame);
    frame = 0;
  }

  function step(): void {
    frame = 0;
    if (last === null) return;
    const bounds = element.getBoundingClientRect();
    const right = speed(last.clientX - bounds.left, bounds.width);
    const down = speed(last.clientY - bounds.top, bounds.height);
    if ((right === 0 && down === 0) || !pan(right, down)) return;
    // The pointer is over another part of the desktop now, which has to be told of it.
    tellAgain(last);
    frame = requestAnimationFrame(step);
  }
}

/** Below zero at the one edge, above at the other, and zero between them. */
export function speed(at: number, length: number): number {
  const towards = (distance: number) => Math.max(0, 1 - Math.max(0, distance) / reach);
  return Math.round(fastest * (towards(length - 1 - at) - towards(at)));
}

function tellAgain({ target, clientX, clientY, buttons }: PointerEvent): void {
  target?.dispatchEvent(
    new MouseEvent('mousemove', { clientX, clientY, buttons, bubbles: true, cancelable: true }),
  );
}
