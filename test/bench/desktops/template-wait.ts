import { setTimeout as pause } from 'node:timers/promises';
import type { BenchDesktops } from './bench-desktops.ts';
import { connect, end } from './desktop-user.ts';
import { guestFigures } from './processes.ts';

const limitMs = 300_000;
const pauseMs = 2_000;

/** Resolves once a desktop of this pool, which is opened and ended for it, was a clone. */
export async function waitForTemplate(desktops: BenchDesktops, poolId: string): Promise<void> {
  const limit = performance.now() + limitMs;
  while (!(await opensClone(desktops, poolId))) {
    if (performance.now() > limit) throw new Error('no desktop was cloned; the broker says why');
    await pause(pauseMs);
  }
}

async function opensClone({ broker, user }: BenchDesktops, poolId: string): Promise<boolean> {
  const connected = await connect(user, poolId);
  const isClone = (await guestFigures(broker.folders)).some((guest) => guest.isClone);
  await end(user, connected);
  return isClone;
}
