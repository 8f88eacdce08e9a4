import type { ImageSource } from '../image-source.ts';
import type { ImageLibrary } from './library.ts';
import type { StoredImage } from './stored-image.ts';

/**
 * The images of a library, each compared with its checksums before its first use here: a disk that
 * was damaged since must not become a desktop that is subtly wrong.
 */
export function verifiedImages(
  library: Pick<ImageLibrary, 'find' | 'verify' | 'createOverlay'>,
): ImageSource {
  const verifications = new Map<string, Promise<void>>();

  function verified(image: StoredImage): Promise<void> {
    const { id } = image.manifest;
    const begun = verifications.get(id);
    if (begun !== undefined) return begun;
    // Without a signal: many may wait for it, and one that gives up must not fail the others.
    const verification = library.verify(image);
    verifications.set(id, verification);
    // The image may be mended by the next time; whoever waits now is told.
    verification.catch(() => verifications.delete(id));
    return verification;
  }

  return {
    find: (name) => library.find(name),
    createOverlay: async (image, path, signal) => {
      await orAborted(verified(image), signal);
      await library.createOverlay(image, path, signal);
    },
  };
}

/** Waits for the work no longer than until the signal. @throws its reason */
async function orAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
