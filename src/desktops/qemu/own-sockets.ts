import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, pause } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import { type MachinePaths, qemuFolder } from './machine-paths.ts';
import { tryToTake } from './take-socket.ts';

const retryMs = 2;

const names = ['qmp', 'rfb', 'agent', 'identity'] as const;

/** The paths as QEMU is told them: its sockets are in a folder of its own until they are taken. */
export function pathsForQemu(paths: MachinePaths): MachinePaths {
  const folder = qemuFolder(paths);
  const own = names.map((name) => [name, join(folder, name)]);
  return { ...paths, ...Object.fromEntries(own) };
}

/** Makes that folder, and removes what an earlier process of the machine had. */
export async function makeQemuFolder(paths: MachinePaths): Promise<void> {
  const folder = qemuFolder(paths);
  const old = [folder, ...names.map((name) => paths[name])];
  await Promise.all(old.map((path) => rm(path, { recursive: true, force: true })));
  await mkdir(folder, { recursive: true, mode: 0o700 });
}

/** Waits for the socket of control, and takes it. @throws the signal's reason when aborted */
export async function takeControlSocket(
  paths: MachinePaths,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  const { qmp } = pathsForQemu(paths);
  while (!(await tryToTake(qmp, paths.qmp))) await pause(clock, retryMs, signal);
}

/** Takes all: once QEMU answers, they are there. @throws guest-failed when they are not */
export async function takeSockets(paths: MachinePaths): Promise<void> {
  const own = pathsForQemu(paths);
  await Promise.all(
    names.map(async (name) => {
      if (await tryToTake(own[name], paths[name])) return;
      throw new CodedError('guest-failed', { detail: `there is no ${own[name]}` });
    }),
  );
}
