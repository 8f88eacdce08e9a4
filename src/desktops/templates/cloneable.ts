import type { ImageManifest } from '../images/manifest.ts';

/** Why machines of this image can't be clones, or null where they can. */
export function obstacleOf({ kind, ready }: Pick<ImageManifest, 'kind' | 'ready'>): string | null {
  // Only a guest of ours listens for its name, its keys and its addresses.
  return kind !== 'registered' && ready === 'marker' ? null : unidentifiable;
}

export const unidentifiable = "the image can't be told who it is after a clone";
