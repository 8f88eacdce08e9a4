import { link, lstat, rename, rm } from 'node:fs/promises';
import { CodedError } from '../../contract/errors.ts';
import { errnoOf } from '../images/file-error.ts';

/**
 * Gives a socket that a guest's process has made a second name, in a folder that is the broker's
 * alone. In its own, that process could replace it by a link to the socket of another guest.
 * @returns false while there is no socket
 * @throws guest-failed when what is there is no socket
 */
export async function tryToTake(theirs: string, ours: string): Promise<boolean> {
  if (await isSocket(ours)) return true;
  const draft = `${ours}.new`;
  await rm(draft, { force: true });
  try {
    // link(2) does not follow: what is a link stays one, and shows as one.
    await link(theirs, draft);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
  if (!(await isSocket(draft))) {
    await rm(draft);
    throw new CodedError('guest-failed', { detail: `${theirs} is no socket` });
  }
  await rename(draft, ours);
  return true;
}

/** Of the path itself, not of what a link leads to. False when there is nothing. */
async function isSocket(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSocket();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
