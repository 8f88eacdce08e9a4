import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AsyncDisposable } from '../../contract/disposable.ts';
import { errnoOf } from './file-error.ts';

/**
 * A folder among finished ones that is not finished yet, or is on its way out; its name says whose
 * it is.
 */
type Workspace = AsyncDisposable & { path: string };

const workspaceName = /^\.(?:building|adding|removing|fetching|publishing|capturing)-(\d+)-/;

/** Makes a workspace inside `root`, where what it makes can be renamed into place. */
export async function openWorkspace(
  root: string,
  purpose: 'building' | 'adding' | 'removing' | 'fetching' | 'publishing' | 'capturing',
): Promise<Workspace> {
  await mkdir(root, { recursive: true });
  await removeAbandoned(root);
  const path = await mkdtemp(join(root, `.${purpose}-${process.pid}-`));
  return { path, dispose: () => rm(path, { recursive: true, force: true }) };
}

/** Frees what programs that were killed on the way have left behind. */
export async function removeAbandoned(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (isAbandoned(name)) await rm(join(root, name), { recursive: true, force: true });
  }
}

/** Whether a folder of this name is a workspace of a program that is dead. */
export function isAbandoned(name: string): boolean {
  const owner = workspaceName.exec(name)?.[1];
  return owner !== undefined && !isAlive(Number(owner));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and is somebody else's.
    return errnoOf(error) === 'EPERM';
  }
}
