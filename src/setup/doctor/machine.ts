import { existsSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { isListening } from '../../../main/vault/session-bus.ts';
import type { Finding } from './check.ts';

type Env = Readonly<Record<string, string | undefined>>;

const gib = 1024 ** 3;

/** A guest of 384 MiB, its broker, a terminal, and room to breathe. */
const neededMemory = 2 * gib;
/** The guest image while it is being built, the Electron runtime, a few desktops. */
const neededDisk = 4 * gib;

export async function probeMemory(): Promise<Finding> {
  const available = await availableMemory();
  const found = `${inGib(available)} free of ${inGib(totalmem())}, ${availableParallelism()} CPUs`;
  return { ok: available >= neededMemory, found };
}

/** What programs could have, caches given up; Node's own figure leaves those out on Linux. */
async function availableMemory(): Promise<number> {
  if (process.platform !== 'linux') return freemem();
  const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(await readFile('/proc/meminfo', 'utf8'))?.[1];
  return kib === undefined ? freemem() : Number(kib) * 1024;
}

/** @param folder that will be written to; it may not exist yet */
export async function probeDisk(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(nearestExisting(folder));
  const free = bavail * bsize;
  return { ok: free >= neededDisk, found: `${inGib(free)} free at ${folder}` };
}

function nearestExisting(folder: string): string {
  return existsSync(folder) ? folder : nearestExisting(dirname(folder));
}

function inGib(bytes: number): string {
  return `${(bytes / gib).toFixed(1)} GiB`;
}

/** Whether a window can be shown: on Linux by connecting to the display that is named. */
export async function probeDisplay(env: Env): Promise<Finding> {
  if (process.platform !== 'linux')
    return { ok: true, found: `the desktop of ${process.platform}` };
  if (env.WAYLAND_DISPLAY) return { ok: true, found: `Wayland ${env.WAYLAND_DISPLAY}` };
  if (!env.DISPLAY) return { ok: false, found: 'neither DISPLAY nor WAYLAND_DISPLAY is set' };
  const local = /^(?:unix)?:(\d+)/.exec(env.DISPLAY)?.[1];
  if (local === undefined)
    return { ok: true, found: `X display ${env.DISPLAY}, on another machine` };
  const answers = await isListening(`/tmp/.X11-unix/X${local}`);
  return { ok: answers, found: `X display ${env.DISPLAY}${answers ? '' : ' does not answer'}` };
}
