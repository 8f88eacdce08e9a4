import { chmod, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BuildMeter, type BuildProgress } from './build-progress.ts';
import { type Checksum, checksumOf } from './checksum.ts';
import { errnoOf } from './file-error.ts';
import { ImageLibrary } from './library.ts';
import type { NewManifest } from './manifest.ts';
import { removeOldBuilds } from './old-builds.ts';
import type { Recipe } from './recipe.ts';
import { rootArchive } from './root-archive.ts';
import { digestOfTree, type TreeDigest } from './root-tree.ts';
import { readStoredImage, type StoredImage, writeManifest } from './stored-image.ts';
import type { RunTool } from './tools.ts';
import { nextVersion } from './versions.ts';
import { openWorkspace } from './workspace.ts';

export type BuildDeps = {
  /** The folder of all images; it need not exist. */
  root: string;
  run: RunTool;
  /** Whether files can be given to root; otherwise fakeroot makes believe. */
  isRoot: boolean;
  /** Milliseconds since the epoch. */
  now: () => number;
};

type BuildOptions = {
  signal?: AbortSignal;
  onProgress?: (progress: BuildProgress) => void;
};

/** The image of the recipe if it is built already; its files are not looked at. */
export async function findBuilt(root: string, recipe: Recipe): Promise<StoredImage | null> {
  const dir = join(root, recipe.digest);
  try {
    await stat(dir);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
  return await readStoredImage(dir);
}

/**
 * Builds the image of the recipe, unless it is there. All work is done aside and renamed into
 * place when complete; a build that was interrupted goes on after the root archive, if it had come
 * so far.
 * @throws tool-missing, packages-unreachable, disk-full, command-failed; image-damaged when what
 *   is there has lost its manifest; the signal's reason
 */
export async function buildImage(
  deps: BuildDeps,
  recipe: Recipe,
  { signal, onProgress }: BuildOptions = {},
): Promise<StoredImage> {
  const built = await findBuilt(deps.root, recipe);
  if (built !== null) return built;
  const workspace = await openWorkspace(deps.root, 'building');
  try {
    const build = new Build(
      deps,
      recipe,
      workspace.path,
      new BuildMeter(onProgress ?? ignore),
      signal,
    );
    await build.assemble(await build.rootArchive());
    await build.convertDisk();
    await build.seal();
    const image = await build.place();
    await removeOldBuilds(deps, image);
    return image;
  } finally {
    await workspace.dispose();
  }
}

function ignore(): void {
  // Nobody wants to know how far the build is.
}

const imageFiles = ['disk.qcow2', 'initrd', 'vmlinux'] as const;

/** The steps of one build, in their order. */
class Build {
  readonly #deps: BuildDeps;
  readonly #recipe: Recipe;
  readonly #work: string;
  readonly #meter: BuildMeter;
  readonly #signal: AbortSignal | undefined;

  constructor(
    deps: BuildDeps,
    recipe: Recipe,
    work: string,
    meter: BuildMeter,
    signal: AbortSignal | undefined,
  ) {
    this.#deps = deps;
    this.#recipe = recipe;
    this.#work = work;
    this.#meter = meter;
    this.#signal = signal;
  }

  async rootArchive(): Promise<string> {
    this.#meter.report('packages', 0, 'Looking for the root archive');
    return await rootArchive({
      recipe: this.#recipe,
      root: this.#deps.root,
      work: this.#work,
      run: this.#run,
      isRoot: this.#deps.isRoot,
      onStep: ({ fraction, message }) => this.#meter.report('packages', fraction, message),
    });
  }

  async assemble(archive: string): Promise<void> {
    const { directory, diskSize, title, digest } = this.#recipe;
    const { size } = await stat(archive);
    const script = join(directory, 'assemble.sh');
    const label = `${title} ${digest.slice(0, 8)}`;
    const args = [script, directory, archive, this.#work, diskSize, label];
    const onLine = (line: string) => {
      const unpacked = /^unpacked: (\d+)$/.exec(line)?.[1];
      if (unpacked !== undefined) {
        this.#meter.report('unpack', Number(unpacked) / size, 'Unpacking the root archive');
      } else if (line === 'stage: filesystem') {
        this.#meter.report('filesystem', 0, 'Making the file system');
      } else if (line === 'stage: root') {
        this.#meter.report('filesystem', 0.9, 'Making the folder tree');
      }
    };
    if (this.#deps.isRoot) await this.#run('sh', args, { onLine });
    else await this.#run('fakeroot', ['--', 'sh', ...args], { onLine });
  }

  async convertDisk(): Promise<void> {
    const raw = join(this.#work, 'disk.raw');
    this.#meter.report('disk', 0, 'Making the disk');
    const disk = join(this.#work, 'disk.qcow2');
    await this.#run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, disk]);
    await rm(raw);
  }

  async seal(): Promise<void> {
    const files: Record<string, Checksum> = {};
    for (const [index, name] of imageFiles.entries()) {
      const done = index / imageFiles.length;
      this.#meter.report('checksums', done, `Computing the checksum of ${name}`);
      files[name] = await checksumOf(join(this.#work, name), { signal: this.#signal });
    }
    this.#meter.report('checksums', 0.9, 'Computing the checksum of the folder tree');
    const tree = await digestOfTree(join(this.#work, 'root'), this.#signal);
    const { images } = await new ImageLibrary(this.#deps).list();
    const imageVersion = nextVersion(images, this.#recipe.name);
    await writeManifest(this.#work, { ...this.#manifest(files, tree), imageVersion });
  }

  async place(): Promise<StoredImage> {
    const dir = join(this.#deps.root, this.#recipe.digest);
    // Desktops may run as users of their own, and read it.
    await chmod(this.#work, 0o755);
    await rename(this.#work, dir).catch((error: unknown) => {
      // Another build of the same recipe was quicker: then its image is this one's.
      if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST') throw error;
    });
    this.#meter.report('checksums', 1, 'The image is ready');
    return await readStoredImage(dir);
  }

  #run: RunTool = (program, args, options) =>
    this.#deps.run(program, args, { ...options, signal: this.#signal });

  #manifest(files: Record<string, Checksum>, tree: TreeDigest): NewManifest {
    const { digest, name, title, cmdline } = this.#recipe;
    return {
      version: 1,
      id: digest,
      name,
      title,
      kind: 'built',
      boot: { kind: 'kernel', vmlinux: 'vmlinux', initrd: 'initrd', cmdline },
      disk: { file: 'disk.qcow2', format: 'qcow2' },
      ready: 'marker',
      files,
      root: { folder: 'root', ...tree },
      created: new Date(this.#deps.now()).toISOString(),
    };
  }
}
