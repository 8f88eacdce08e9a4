import { type Clock, pause } from '../contract/clock.ts';
import { CodedError } from '../contract/errors.ts';
import type { ConsoleLog } from './console-log.ts';
import type { Guest } from './driver.ts';
import { isBlank } from './qemu/screen.ts';

/**
 * How a desktop shows that it is ready.
 * - marker: the guest says so on its serial console
 * - first-frame: the screen is not of one colour any more. Of an image that we did not build nothing
 *   more is known, and its own boot screen is worth watching.
 */
export type Readiness = 'marker' | 'first-frame';

const lookMs = 400;

/** @throws guest-boot-timeout after `timeoutMs`; the signal's reason when it is aborted before. */
export async function waitUntilReady(
  readiness: Readiness,
  { console, guest, clock }: { console: ConsoleLog; guest: Pick<Guest, 'picture'>; clock: Clock },
  limits: { timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const late = new AbortController();
  const signal = AbortSignal.any([limits.signal, late.signal]);
  const timer = clock.after(limits.timeoutMs, () => {
    late.abort(new CodedError('guest-boot-timeout'));
  });
  try {
    if (readiness === 'marker') await Promise.race([console.seen, aborted(signal)]);
    else await firstFrame(guest, clock, signal);
  } finally {
    timer.dispose();
  }
}

/** Never resolves. @throws the signal's reason */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

async function firstFrame(
  guest: Pick<Guest, 'picture'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (isBlank(await guest.picture('ppm'))) await pause(clock, lookMs, signal);
  signal.throwIfAborted();
}
