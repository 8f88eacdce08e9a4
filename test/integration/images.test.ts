import { execFile } from 'node:child_process';
import { link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type BuildDeps, buildImage } from '../../src/desktops/images/build.ts';
import type { BuildProgress } from '../../src/desktops/images/build-progress.ts';
import { ImageLibrary } from '../../src/desktops/images/library.ts';
import { type Recipe, readRecipe } from '../../src/desktops/images/recipe.ts';
import { type StoredImage, verifyStoredImage } from '../../src/desktops/images/stored-image.ts';
import { runTool } from '../../src/desktops/images/tools.ts';
import { bootableRaw } from '../unit/src/desktops/images/disks.ts';

const execute = promisify(execFile);
const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
const imagesFolder = join(cache, 'porthole/images');
const recipeFolder = join(import.meta.dirname, '../../assets/guest');
/** A build from nothing fetches 240 MB and installs 330 packages. */
const buildLimitMs = 900_000;

function buildDeps(root: string): BuildDeps {
  return { root, run: runTool, isRoot: process.getuid?.() === 0, now: Date.now };
}

/** In the file system of the cache, so that the root archive can be linked there. */
async function scratchFolder(): Promise<string> {
  await mkdir(imagesFolder, { recursive: true });
  return await mkdtemp(join(cache, 'porthole/test-'));
}

let recipe: Recipe;
let image: StoredImage;

beforeAll(async () => {
  recipe = await readRecipe(recipeFolder);
  image = await buildImage(buildDeps(imagesFolder), recipe);
}, buildLimitMs);

describe('the built image', () => {
  it('is whole', async () => {
    await verifyStoredImage(image);
    const { size } = image.manifest.files['disk.qcow2'] ?? { size: 0 };
    expect(size).toBeLessThan(600 << 20);
  });

  it('is not built again', async () => {
    const deps = { ...buildDeps(imagesFolder), run: () => Promise.reject(new Error('not asked')) };
    expect(await buildImage(deps, recipe)).toEqual(image);
  });

  it('boots from an uncompressed kernel that QEMU can enter', async () => {
    const kernel = await readFile(join(image.dir, 'vmlinux'));
    expect(kernel.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
    // The note of the PVH boot protocol: type 18 (XEN_ELFNOTE_PHYS32_ENTRY), owner "Xen".
    const note = Buffer.from([4, 0, 0, 0, 8, 0, 0, 0, 18, 0, 0, 0, 0x58, 0x65, 0x6e, 0]);
    expect(kernel.includes(note)).toBe(true);
  });
});

describe('the file system of the built image', () => {
  let folder: string;
  let disk: string;

  beforeAll(async () => {
    folder = await scratchFolder();
    disk = join(folder, 'disk.raw');
    await runTool('qemu-img', ['convert', '-O', 'raw', join(image.dir, 'disk.qcow2'), disk]);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const inode = (path: string) => runTool('debugfs', ['-R', `stat ${path}`, disk]);

  it('is sound', async () => {
    await expect(runTool('e2fsck', ['-f', '-n', disk])).resolves.toBeDefined();
  });

  it.each([
    ['/usr/lib/porthole/init', 0, '0755'],
    ['/etc/jwm/system.jwmrc', 0, '0644'],
    ['/home/user', 1000, '0755'],
    ['/home/user/.Xresources', 1000, '0644'],
    ['/usr/bin/su', 0, '04755'],
  ])('has %s of user %i with mode %s', async (path, user, mode) => {
    const answer = await inode(path);
    expect(Number(/User: +(\d+)/.exec(answer)?.[1])).toBe(user);
    expect(/Mode: +(\d+)/.exec(answer)?.[1]).toBe(mode);
  });

  it('says which image it is', async () => {
    const title = await runTool('debugfs', ['-R', 'cat /usr/share/porthole/image', disk]);
    expect(title).toBe(`Porthole Desktop ${recipe.digest.slice(0, 8)}`);
  });
});

describe('a build that is stopped', () => {
  it('leaves nothing that looks finished, and goes on after the root archive', async (test) => {
    const archive = `.rootfs-${recipe.rootfsDigest}.tar`;
    if (!(await readdir(imagesFolder)).includes(archive)) {
      test.skip('the root archive is not in the cache any more, and takes minutes to make');
    }
    const root = await scratchFolder();
    onTestFinished(() => rm(root, { recursive: true }));
    await link(join(imagesFolder, archive), join(root, archive));

    const stop = new AbortController();
    const stopped = buildImage(buildDeps(root), recipe, {
      signal: stop.signal,
      onProgress: ({ stage }) => {
        if (stage === 'unpack') stop.abort(new Error('enough'));
      },
    });
    await expect(stopped).rejects.toThrow('enough');
    expect(await readdir(root)).toEqual([archive]);

    const heard: BuildProgress[] = [];
    const built = await buildImage(buildDeps(root), recipe, {
      onProgress: (progress) => heard.push(progress),
    });
    await verifyStoredImage(built);
    expect(heard.filter(({ stage }) => stage === 'packages')).toHaveLength(1);
    expect(heard.filter(({ stage }) => stage === 'unpack').length).toBeGreaterThan(5);
  });
});

describe("a user's own image", () => {
  let folder: string;
  let library: ImageLibrary;

  beforeAll(async () => {
    folder = await scratchFolder();
    library = new ImageLibrary({ root: join(folder, 'images'), run: runTool, now: Date.now });
    await writeFile(join(folder, 'base.raw'), bootableRaw(1 << 20));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const create = async (name: string, ...options: string[]): Promise<string> => {
    const file = join(folder, name);
    await runTool('qemu-img', ['create', '-q', '-f', 'qcow2', ...options, file, '1M']);
    return file;
  };

  it('is a qcow2 file, on which overlays are made', async () => {
    const added = await library.add({ name: 'qcow2', file: await create('plain.qcow2') });
    const overlay = join(folder, 'overlay: 1,file=x.qcow2');
    await library.createOverlay(added, overlay);
    const info = JSON.parse(await runTool('qemu-img', ['info', '--output=json', overlay]));
    expect(info).toMatchObject({
      format: 'qcow2',
      'backing-filename': join(added.dir, 'disk.qcow2'),
      'backing-filename-format': 'qcow2',
      'virtual-size': 1 << 20,
    });
  });

  it('is a raw disk, which stays raw whatever a guest writes on it', async () => {
    const added = await library.add({ name: 'raw', file: join(folder, 'base.raw') });
    await library.createOverlay(added, join(folder, 'on-raw.qcow2'));
    const info = await runTool('qemu-img', ['info', '--output=json', join(folder, 'on-raw.qcow2')]);
    expect(JSON.parse(info)).toMatchObject({ 'backing-filename-format': 'raw' });
  });

  it.each<[string, () => Promise<string>]>([
    [
      'depends on another',
      () => create('backed.qcow2', '-b', join(folder, 'base.raw'), '-F', 'raw'),
    ],
    [
      'keeps its data elsewhere',
      () => create('split.qcow2', '-o', `data_file=${join(folder, 'data.raw')}`),
    ],
    [
      'is a VMDK',
      async () => {
        const file = join(folder, 'disk.vmdk');
        await runTool('qemu-img', ['create', '-q', '-f', 'vmdk', file, '1M']);
        return file;
      },
    ],
    [
      'is cut off',
      async () => {
        const file = join(folder, 'short.qcow2');
        const whole = await readFile(await create('whole.qcow2'));
        await writeFile(file, whole.subarray(0, whole.length / 2));
        return file;
      },
    ],
    [
      'is a device behind a link',
      async () => {
        const file = join(folder, 'link.raw');
        await symlink('/dev/zero', file);
        return file;
      },
    ],
  ])('is refused when it %s', async (_, make) => {
    const adding = library.add({ name: 'refused', file: await make() });
    await expect(adding).rejects.toMatchObject({ code: 'image-invalid' });
    const { images, damaged } = await library.list();
    expect(images.map(({ manifest }) => manifest.name)).not.toContain('refused');
    expect(damaged).toEqual([]);
  });
});

describe('a full disk', () => {
  it('is told as such, whether an image is added or an overlay made', async (test) => {
    const folder = await mkdtemp(join(tmpdir(), 'porthole-full-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const mount = ['-t', 'tmpfs', '-o', 'size=64k', 'full', folder];
    const mounted = await execute('mount', mount).then(
      () => true,
      () => false,
    );
    if (!mounted) test.skip('only root may mount the small file system that this needs');
    onTestFinished(async () => {
      await execute('umount', [folder]);
    });
    const source = await scratchFolder();
    onTestFinished(() => rm(source, { recursive: true }));
    const bytes = bootableRaw(1 << 20).fill(7, 1024);
    await writeFile(join(source, 'big.raw'), bytes);

    const full = new ImageLibrary({ root: folder, run: runTool, now: Date.now });
    const adding = full.add({ name: 'big', file: join(source, 'big.raw') });
    await expect(adding).rejects.toMatchObject({ code: 'disk-full' });
    expect(await readdir(folder)).toEqual([]);

    await expect(full.createOverlay(image, join(folder, 'overlay.qcow2'))).rejects.toMatchObject({
      code: 'disk-full',
    });
  });
});
