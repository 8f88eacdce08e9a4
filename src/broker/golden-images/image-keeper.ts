import type { ImageLibrary } from '../../desktops/images/library.ts';
import type { Database } from '../store/store.ts';
import { readStoreRow } from '../store/store-row.ts';
import { neededImages } from './dependents.ts';

type Deps = { db: Database; library: Pick<ImageLibrary, 'keep'> };

/**
 * Marks the images that disks and guests of this broker lie on: builds and removals of images know
 * nothing of its store, and go by the marks.
 */
export async function markNeededImages({ db, library }: Deps): Promise<void> {
  const { store_id: owner } = await readStoreRow(db);
  await library.keep(owner, await neededImages(db));
}
