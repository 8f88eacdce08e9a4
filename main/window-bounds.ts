import type { WindowBounds } from './settings.ts';

type Rectangle = { x: number; y: number; width: number; height: number };

export const defaultSize = { width: 1280, height: 800 } as const;
export const smallestSize = { width: 640, height: 480 } as const;

/** How much of the window must be on a screen for a person to find it and take hold of it. */
const visible = { width: 160, height: 80 } as const;

/**
 * The bounds to open the window with: those remembered, unless the screen they were on is gone.
 *
 * @param workAreas of the screens there are now
 */
export function boundsToOpen(
  remembered: WindowBounds | null,
  workAreas: readonly Rectangle[],
): Partial<Rectangle> & { width: number; height: number } {
  if (remembered === null) return defaultSize;
  const { x, y } = remembered;
  const width = Math.max(remembered.width, smallestSize.width);
  const height = Math.max(remembered.height, smallestSize.height);
  const reachable = workAreas.some((area) => isReachable({ x, y, width, height }, area));
  return reachable ? { x, y, width, height } : { width, height };
}

function isReachable(window: Rectangle, area: Rectangle): boolean {
  const right = Math.min(window.x + window.width, area.x + area.width);
  const bottom = Math.min(window.y + window.height, area.y + area.height);
  const across = right - Math.max(window.x, area.x);
  const down = bottom - Math.max(window.y, area.y);
  // The top edge is what a window is moved by.
  return across >= visible.width && down >= visible.height && window.y >= area.y;
}
