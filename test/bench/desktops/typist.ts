import { setTimeout as pause } from 'node:timers/promises';
import type { RfbViewer } from './rfb-viewer.ts';

/** X11 keysyms. */
const letterA = 0x61;
const terminalKeys = [0xffe3, 0xffe9, 0x74] as const; // Ctrl, Alt, T
const quietMs = 1_500;
const answerLimitMs = 10_000;
const keyEveryMs = 200;

/** Opens a terminal by the desktop's own keys, and resolves when what is typed appears in it. */
export async function openTerminal(viewer: RfbViewer): Promise<void> {
  await quiet(viewer);
  viewer.press(...terminalKeys);
  if ((await viewer.nextChange(answerLimitMs)) === null) throw new Error('no terminal opened');
  await quiet(viewer);
  await keyToPixel(viewer);
  await quiet(viewer);
}

/** Milliseconds from the press of a key until the picture changes by it. */
export async function keyToPixel(viewer: RfbViewer): Promise<number> {
  const change = viewer.nextChange(answerLimitMs);
  const began = performance.now();
  viewer.press(letterA);
  const at = await change;
  if (at === null) throw new Error('a key changed nothing on the screen');
  return at - began;
}

/** So many times key to pixel, at the pace of somebody who types. */
export async function keysToPixel(viewer: RfbViewer, count: number): Promise<number[]> {
  const samples: number[] = [];
  while (samples.length < count) {
    samples.push(await keyToPixel(viewer));
    await pause(keyEveryMs);
  }
  return samples;
}

/** Types on until the signal. */
export async function typeUntil(signal: AbortSignal, viewer: RfbViewer): Promise<void> {
  // So that not all of them press at the same time.
  await pause(Math.random() * keyEveryMs);
  while (!signal.aborted) {
    viewer.press(letterA);
    await pause(keyEveryMs);
  }
}

/** Waits until nothing moves on the screen for a while. */
async function quiet(viewer: RfbViewer): Promise<void> {
  while ((await viewer.nextChange(quietMs)) !== null);
}
