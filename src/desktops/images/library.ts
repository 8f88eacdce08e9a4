import { access, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { imageNameSchema } from '../../contract/desktop.ts';
import { CodedError, type Problem } from '../../contract/errors.ts';
import type { ImageSource } from '../image-source.ts';
import { addImage } from './add-image.ts';
import { forgetCurrent, readCurrent, writeCurrent } from './current-version.ts';
import { errnoOf } from './file-error.ts';
import { isKept, keepImages } from './keep-marks.ts';
import { type PublishOptions, publishImage } from './publish.ts';
import { createOverlay } from './qemu-img.ts';
import {
  claimedNames,
  readStoredImage,
  type StoredImage,
  verifyStoredImage,
} from './stored-image.ts';
import type { RunTool } from './tools.ts';
import { type ImageVersions, nextVersion, numbered, versionOf, versionsOf } from './versions.ts';
import { openWorkspace } from './workspace.ts';

export type ImageLibraryDeps = {
  /** The folder of all images; it need not exist. */
  root: string;
  run: RunTool;
  /** Milliseconds since the epoch. */
  now: () => number;
};

type ImageList = {
  /** Newest first. */
  images: StoredImage[];
  /** Folders whose manifest cannot be read; they are left as they are. */
  damaged: DamagedImage[];
};

/** `names`: what it may have been asked for by. */
type DamagedImage = { dir: string; names: readonly string[]; problem: Problem };

type ImageToAdd = {
  name: string;
  /** qcow2 or raw; copied, never moved. */
  file: string;
  signal?: AbortSignal;
  /** Share of the file that is copied, 0 to 1. */
  onProgress?: (fraction: number) => void;
};

type ImageToPublish = {
  /** Id of the image that the overlay lies on; the new version is one of its name. */
  parent: string;
  /** qcow2; nobody writes to it any more. Absolute. */
  overlay: string;
  notes: string;
};

/**
 * The images of this host: those we built, those that users brought, and those that were published
 * from either. Images of one name are its versions.
 */
export class ImageLibrary implements ImageSource {
  readonly #root: string;
  readonly #run: RunTool;
  readonly #now: () => number;

  constructor(deps: ImageLibraryDeps) {
    this.#root = deps.root;
    this.#run = deps.run;
    this.#now = deps.now;
  }

  async list(): Promise<ImageList> {
    const found: StoredImage[] = [];
    const damaged: DamagedImage[] = [];
    for (const dir of await this.#folders()) {
      try {
        found.push(await readStoredImage(dir));
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        damaged.push({ dir, names: await claimedNames(dir), problem: error.problem });
      }
    }
    const images = numbered(found).toSorted(
      (a, b) =>
        Date.parse(b.manifest.created) - Date.parse(a.manifest.created) ||
        b.manifest.imageVersion - a.manifest.imageVersion,
    );
    return { images, damaged };
  }

  /**
   * The image of this id, or the current version of this name.
   * @throws image-unknown; image-damaged when it is one whose manifest cannot be read
   */
  async find(nameOrId: string): Promise<StoredImage> {
    const list = await this.list();
    const found = list.images.find(({ manifest }) => manifest.id === nameOrId);
    return found ?? (await this.#versionsIn(list, nameOrId)).current;
  }

  /** @throws as `find` does */
  async versions(name: string): Promise<ImageVersions> {
    return this.#versionsIn(await this.list(), name);
  }

  /** Lets new desktops begin with this version, also where the one before is damaged. @throws image-unknown */
  async choose(name: string, version: number): Promise<StoredImage> {
    const known = versionsOf((await this.list()).images, name);
    const image = versionOf(
      known.length > 0 ? known : (await this.versions(name)).versions,
      version,
    );
    await writeCurrent(this.#root, name, image.manifest.id);
    return image;
  }

  /**
   * Makes the current version of what a parent and an overlay are together.
   * @throws image-unknown, image-damaged, image-invalid, disk-full, tool-missing, command-failed; the
   *   signal's reason
   */
  async publish(
    { parent: id, overlay, notes }: ImageToPublish,
    options: PublishOptions = {},
  ): Promise<StoredImage> {
    const { images } = await this.list();
    const parent = await this.find(id);
    const { name } = parent.manifest;
    // What is not finished must not become the current version for being the newest.
    await this.#hold(name);
    const deps = { root: this.#root, run: this.#run, now: this.#now };
    const version = nextVersion(images, name);
    const image = await publishImage(deps, { parent, overlay, version, notes }, options);
    await writeCurrent(this.#root, name, image.manifest.id);
    return image;
  }

  /** Marks those images as used by this owner, a name of letters and digits, and no other any more. */
  async keep(owner: string, ids: ReadonlySet<string>): Promise<void> {
    await keepImages(this.#root, owner, ids);
  }

  /** Whether disks that are to last lie on it. */
  isKept(image: StoredImage): Promise<boolean> {
    return isKept(this.#root, image.manifest.id);
  }

  /** Compares all files of the image with their checksums. @throws image-damaged */
  async verify(image: StoredImage, signal?: AbortSignal): Promise<void> {
    await verifyStoredImage(image, signal);
  }

  /**
   * Makes the qcow2 overlay `path`, absolute, on the image's disk.
   * @throws disk-full, image-damaged, tool-missing, command-failed
   */
  async createOverlay(image: StoredImage, path: string, signal?: AbortSignal): Promise<void> {
    const { disk } = image.manifest;
    const file = join(image.dir, disk.file);
    await access(file).catch((cause: unknown) => {
      const detail = `${file}: ${errnoOf(cause)}`;
      throw new CodedError('image-damaged', { detail, cause });
    });
    await createOverlay(this.#run, { file, format: disk.format }, path, signal);
  }

  /**
   * Registers a user's own disk. It boots by its own boot loader.
   * @throws image-name-invalid, image-name-taken, image-invalid, disk-full, tool-missing
   */
  async add({ name, file, signal, onProgress }: ImageToAdd): Promise<StoredImage> {
    if (!isName(name)) throw new CodedError('image-name-invalid', { detail: name });
    const refuseTaken = () => this.#refuseTaken(name);
    await refuseTaken();
    const deps = { root: this.#root, run: this.#run, now: this.#now };
    return addImage(deps, { name, file, signal, onProgress, refuseTaken });
  }

  /** Desktops that run on it keep it until they end, as far as they hold its disk open. */
  async remove(image: StoredImage): Promise<void> {
    const workspace = await openWorkspace(this.#root, 'removing');
    const { id, name } = image.manifest;
    try {
      // In one step: an image is there as a whole or not at all.
      await rename(image.dir, join(workspace.path, id));
      if ((await readCurrent(this.#root, name)) === id) await forgetCurrent(this.#root, name);
    } finally {
      await workspace.dispose();
    }
  }

  /**
   * Removes one version of several.
   * @throws image-unknown; change-conflict for the current one, and for one that disks lie on
   */
  async removeVersion(name: string, version: number): Promise<StoredImage> {
    const all = await this.versions(name);
    const image = versionOf(all.versions, version);
    if (image.manifest.id === all.current.manifest.id) {
      throw new CodedError('change-conflict', { detail: `version ${version} is the current one` });
    }
    await this.assertUnused(image);
    await this.remove(image);
    return image;
  }

  /** @throws change-conflict where disks that are to last lie on it */
  async assertUnused(image: StoredImage): Promise<void> {
    if (!(await this.isKept(image))) return;
    const { name, imageVersion } = image.manifest;
    throw new CodedError('change-conflict', {
      detail: `disks of a broker lie on version ${imageVersion} of ${name}`,
    });
  }

  async #versionsIn({ images, damaged }: ImageList, name: string): Promise<ImageVersions> {
    const versions = versionsOf(images, name);
    // What was asked for may be an id, or nothing that a file could be named after.
    const chosen = isName(name) ? await readCurrent(this.#root, name) : null;
    const lost = damaged.find(({ names }) => chosen !== null && names.includes(chosen));
    if (lost !== undefined) throw asDamaged(lost);
    const current = versions.find(({ manifest }) => manifest.id === chosen) ?? versions[0];
    if (current !== undefined) return { versions, current };
    const unusable = damaged.find(({ names }) => names.includes(name));
    if (unusable !== undefined) throw asDamaged(unusable);
    throw new CodedError('image-unknown', { detail: name });
  }

  /** Has the current version be what it is now, whatever is added. */
  async #hold(name: string): Promise<void> {
    const { current } = await this.versions(name);
    await writeCurrent(this.#root, name, current.manifest.id);
  }

  async #refuseTaken(name: string): Promise<void> {
    const { images } = await this.list();
    if (images.some(({ manifest }) => manifest.name === name)) {
      throw new CodedError('image-name-taken', { detail: name });
    }
  }

  /** What begins with a dot is a workspace or an archive of the build. */
  async #folders(): Promise<string[]> {
    try {
      const entries = await readdir(this.#root, { withFileTypes: true });
      const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
      return folders.map((entry) => join(this.#root, entry.name));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw error;
    }
  }
}

function isName(text: string): boolean {
  return imageNameSchema.safeParse(text).success;
}

function asDamaged({ dir, problem }: DamagedImage): CodedError {
  return new CodedError('image-damaged', { detail: problem.detail ?? dir });
}
