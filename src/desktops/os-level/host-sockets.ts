import { mkdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, pause } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import { errnoOf } from '../images/file-error.ts';
import type { MachinePaths } from '../qemu/machine-paths.ts';
import { tryToTake } from '../qemu/take-socket.ts';

const retryMs = 10;

const names = ['rfb', 'agent'] as const;

/** Folder, below that of the machine's sockets, in which the desktop itself makes some. */
export function deskFolder({ sockets }: Pick<MachinePaths, 'sockets'>): string {
  return join(sockets, 'desk');
}

export async function makeDeskFolder(paths: MachinePaths): Promise<void> {
  await mkdir(deskFolder(paths), { recursive: true, mode: 0o700 });
}

/**
 * Waits for the sockets of a desktop, gives them names in a folder that is the broker's alone, and
 * removes the folder that the desktop made them in. There it could set a link to the socket of
 * another desktop, and its user would be shown the other's screen; or fill the host's disk. In a
 * folder that is removed nothing can be made, though the desktop still has it open.
 * @throws guest-failed when the desktop made anything but sockets; the signal's reason when aborted
 */
export async function takeSockets(
  paths: MachinePaths,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  const desk = deskFolder(paths);
  for (const name of names) {
    while (!(await tryToTake(join(desk, name), paths[name]))) await pause(clock, retryMs, signal);
  }
  for (const name of names) await rm(join(desk, name), { force: true });
  await rmdir(desk).catch((cause: unknown) => {
    const code = errnoOf(cause);
    if (code === 'ENOENT') return; // an earlier broker came so far
    if (code !== 'ENOTEMPTY') throw cause;
    throw new CodedError('guest-failed', { detail: `${desk} holds more than sockets`, cause });
  });
}
