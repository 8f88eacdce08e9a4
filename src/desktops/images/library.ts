import { randomUUID } from 'node:crypto';
import { access, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { imageNameSchema } from '../../contract/desktop.ts';
import { CodedError, type Problem } from '../../contract/errors.ts';
import type { ImageSource } from '../image-source.ts';
import { copyDisk } from './copy-disk.ts';
import { errnoOf } from './file-error.ts';
import type { ImageManifest } from './manifest.ts';
import { createOverlay, inspectDisk } from './qemu-img.ts';
import {
  claimedNames,
  readStoredImage,
  type StoredImage,
  verifyStoredImage,
  writeManifest,
} from './stored-image.ts';
import type { RunTool } from './tools.ts';
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

/** The images of this host: those we built, and those that users brought. */
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
    const list: ImageList = { images: [], damaged: [] };
    for (const dir of await this.#folders()) {
      try {
        list.images.push(await readStoredImage(dir));
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        list.damaged.push({ dir, names: await claimedNames(dir), problem: error.problem });
      }
    }
    list.images.sort((a, b) => Date.parse(b.manifest.created) - Date.parse(a.manifest.created));
    return list;
  }

  /**
   * The image of this name or id; of several builds of the same recipe the newest.
   * @throws image-unknown; image-damaged when it is one whose manifest cannot be read
   */
  async find(nameOrId: string): Promise<StoredImage> {
    const { images, damaged } = await this.list();
    const found = images.find(
      ({ manifest }) => manifest.id === nameOrId || manifest.name === nameOrId,
    );
    if (found !== undefined) return found;
    const unusable = damaged.find(({ names }) => names.includes(nameOrId));
    if (unusable !== undefined) {
      throw new CodedError('image-damaged', { detail: unusable.problem.detail ?? unusable.dir });
    }
    throw new CodedError('image-unknown', { detail: nameOrId });
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
    if (!imageNameSchema.safeParse(name).success) {
      throw new CodedError('image-name-invalid', { detail: name });
    }
    await this.#refuseTaken(name);
    const workspace = await openWorkspace(this.#root, 'adding');
    try {
      const copy = join(workspace.path, 'disk');
      const { format, checksum } = await copyDisk(file, copy, { signal, onFraction: onProgress });
      // The copy is what is looked at: the user's file may change, the copy doesn't.
      await inspectDisk(this.#run, copy, format, signal);
      const disk = `disk.${format}`;
      await rename(copy, join(workspace.path, disk));
      const id = randomUUID();
      const manifest: ImageManifest = {
        version: 1,
        id,
        name,
        title: name,
        kind: 'registered',
        boot: { kind: 'disk' },
        disk: { file: disk, format },
        ready: 'first-frame',
        files: { [disk]: checksum },
        created: new Date(this.#now()).toISOString(),
      };
      await writeManifest(workspace.path, manifest);
      await this.#refuseTaken(name);
      const dir = join(this.#root, id);
      await rename(workspace.path, dir);
      return { dir, manifest };
    } finally {
      await workspace.dispose();
    }
  }

  /** Desktops that run on it keep it until they end, as far as they hold its disk open. */
  async remove(image: StoredImage): Promise<void> {
    const workspace = await openWorkspace(this.#root, 'removing');
    try {
      // In one step: an image is there as a whole or not at all.
      await rename(image.dir, join(workspace.path, image.manifest.id));
    } finally {
      await workspace.dispose();
    }
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
