import { publicationSchema } from '../../contract/image.ts';
import { commandLine } from '../audit/actor.ts';
import { checkedInput } from '../checked-input.ts';
import { createGoldenImages, type GoldenImagesDeps } from '../golden-images/golden-images.ts';
import { mastersOfTheBroker } from '../golden-images/master-control.ts';

type Publication = {
  image: string;
  notes?: string | undefined;
  onProgress?: (fraction: number) => void;
};

export function imageAdmin(deps: Omit<GoldenImagesDeps, 'control' | 'onVersionRemoved'>) {
  const goldenImages = createGoldenImages({
    ...deps,
    control: mastersOfTheBroker(deps),
    // The broker has the templates, and looks after them by itself every hour.
    onVersionRemoved: () => undefined,
  });
  return {
    listImages: () => goldenImages.list(),

    /** It appears among the desktops of whoever may manage images. */
    openMaster: (image: string) => goldenImages.open(image, commandLine),

    /** @throws change-conflict while its master runs */
    publishMaster: async ({ image, notes, onProgress }: Publication) => {
      const checked = checkedInput(publicationSchema, { notes });
      const how = { ...checked, ...(onProgress === undefined ? {} : { onProgress }) };
      return goldenImages.publish(image, how, commandLine);
    },

    /** @throws change-conflict while its master runs */
    discardMaster: (image: string) => goldenImages.discard(image, commandLine),

    chooseImageVersion: (image: string, version: number) =>
      goldenImages.choose(image, version, commandLine),

    /** What went back to the host. */
    removeImageVersion: (image: string, version: number) =>
      goldenImages.removeVersion(image, version, commandLine),
  };
}
