import type { Disposable } from '../../src/contract/disposable.ts';

const grid = 16;

/** A window that is hidden gets no animation frames, yet its stream is as live as any other. */
const hiddenFrameMs = 200;

/**
 * Calls back once the whole canvas was painted. noVNC's canvas begins transparent and everything
 * that a server draws is opaque, so the first frame is there when no sampled point is transparent:
 * this holds however the update was cut up, encoded or delayed by the decoding of pictures.
 */
export function whenPainted(
  findCanvas: () => HTMLCanvasElement | null,
  onPainted: () => void,
): Disposable {
  const isPainted = createPaintProbe();
  let waiting = nextFrame(look);

  function look(): void {
    const canvas = findCanvas();
    if (canvas !== null && isPainted(canvas)) onPainted();
    else waiting = nextFrame(look);
  }

  return { dispose: () => waiting.dispose() };
}

/** Reads a small copy: reading from the canvas itself would move it off the graphics card. */
function createPaintProbe(): (canvas: HTMLCanvasElement) => boolean {
  const copy = new OffscreenCanvas(grid, grid);
  const context = copy.getContext('2d', { willReadFrequently: true });
  return (canvas) => {
    if (context === null || canvas.width === 0 || canvas.height === 0) return false;
    context.clearRect(0, 0, grid, grid);
    context.imageSmoothingEnabled = false;
    context.drawImage(canvas, 0, 0, grid, grid);
    const { data } = context.getImageData(0, 0, grid, grid);
    return data.every((value, index) => index % 4 !== 3 || value === 255);
  };
}

/** Whichever comes first, the next animation frame or a timer that also runs while hidden. */
function nextFrame(callback: () => void): Disposable {
  const dispose = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
  const run = () => {
    dispose();
    callback();
  };
  const frame = requestAnimationFrame(run);
  const timer = setTimeout(run, hiddenFrameMs);
  return { dispose };
}
