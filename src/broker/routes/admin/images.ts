import type { GoldenImages } from '../../golden-images/golden-images.ts';
import type { Handlers } from '../handlers.ts';
import { ofNamedImage } from './named-image.ts';

type ImageRoutes =
  | 'listImages'
  | 'openMaster'
  | 'publishMaster'
  | 'discardMaster'
  | 'chooseImageVersion'
  | 'removeImageVersion';

export function imageHandlers({
  goldenImages,
}: {
  goldenImages: GoldenImages;
}): Pick<Handlers, ImageRoutes> {
  return {
    listImages: async () => ({ images: await goldenImages.list() }),
    openMaster: ({ params, caller }) => ofNamedImage(goldenImages.open(params.name, caller.by)),
    publishMaster: ({ params, body, caller }) => goldenImages.publish(params.name, body, caller.by),
    discardMaster: ({ params, caller }) => goldenImages.discard(params.name, caller.by),
    chooseImageVersion: ({ params, body, caller }) =>
      ofNamedImage(goldenImages.choose(params.name, body.version, caller.by)),
    removeImageVersion: ({ params, caller }) =>
      ofNamedImage(goldenImages.removeVersion(params.name, params.version, caller.by)),
  };
}
