import { verifiedRoot } from '../images/root-tree.ts';
import type { StoredImage } from '../images/stored-image.ts';

/** Folder trees of images, each compared with its digest before its first use here. */
export class VerifiedRoots {
  readonly #known = new Map<string, Promise<string>>();

  /** @throws image-damaged; the signal's reason when aborted before */
  async of(image: StoredImage, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([this.#verified(image), aborted]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Without a signal: many may wait for it, and one that gives up must not fail the others. */
  #verified(image: StoredImage): Promise<string> {
    const { id } = image.manifest;
    const begun = this.#known.get(id);
    if (begun !== undefined) return begun;
    const verification = verifiedRoot(image);
    this.#known.set(id, verification);
    // The image may be mended by the next time; whoever waits now is told.
    verification.catch(() => this.#known.delete(id));
    return verification;
  }
}
