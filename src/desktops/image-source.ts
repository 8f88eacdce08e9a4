import type { StoredImage } from './images/stored-image.ts';

export type { StoredImage };

/** What machines need of the image library. */
export type ImageSource = {
  /** @throws image-unknown, image-damaged */
  find(name: string): Promise<StoredImage>;
  /**
   * Makes the qcow2 overlay `path` on the image's disk: it takes what the guest writes, the image
   * stays as it is. @throws disk-full, image-damaged, tool-missing
   */
  createOverlay(image: StoredImage, path: string, signal: AbortSignal): Promise<void>;
};
