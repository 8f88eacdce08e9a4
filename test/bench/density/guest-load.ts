import { setTimeout as pause } from 'node:timers/promises';
import { type GuestFigures, guestFigures } from '../desktops/processes.ts';

type Folders = { dataDir: string };

/** `pssMb`: the mean of the guests, in MiB; `cpus`: processors busy with all of them together. */
export type IdleFigures = { pssMb: number; cpus: number };

/** Leaves the guests alone for that long; processor time is that of the second half. */
export async function whileIdle(
  folders: Folders,
  count: number,
  seconds: number,
): Promise<IdleFigures> {
  await pause(seconds * 500);
  const cpus = await cpusDuring(folders, () => pause(seconds * 500));
  const guests = await guestFigures(folders);
  if (guests.length !== count) throw new Error(`${guests.length} guests instead of ${count}`);
  const total = guests.reduce((sum, { pssBytes }) => sum + pssBytes, 0);
  return { pssMb: total / count / 1024 ** 2, cpus };
}

/** Processors that the guests kept busy, all together, while `work` was done. */
export async function cpusDuring(folders: Folders, work: () => Promise<unknown>): Promise<number> {
  const before = cpuSecondsOf(await guestFigures(folders));
  const began = performance.now();
  await work();
  const tookSeconds = (performance.now() - began) / 1_000;
  return (cpuSecondsOf(await guestFigures(folders)) - before) / tookSeconds;
}

function cpuSecondsOf(guests: readonly GuestFigures[]): number {
  return guests.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
}
