import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { CodedError } from '../../contract/errors.ts';

/** Bytes. The largest screen that QEMU's VGA has in its 16 MB of memory is smaller as a PPM. */
const longest = 64 * 1024 * 1024;

/**
 * Reads a picture that QEMU has written in a folder of its own. QEMU may have been broken out of: a
 * link is not followed, a pipe not waited for, and nothing without end read.
 * @throws guest-failed when it is anything but a file of sensible length
 */
export async function readPicture(path: string): Promise<Buffer> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags);
  try {
    const stats = await file.stat();
    if (!stats.isFile() || stats.size > longest) {
      throw new CodedError('guest-failed', { detail: `${path} is no picture` });
    }
    const picture = Buffer.alloc(stats.size);
    const { bytesRead } = await file.read(picture, 0, picture.length, 0);
    return picture.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
