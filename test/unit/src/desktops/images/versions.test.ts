import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ImageLibrary } from '../../../../../src/desktops/images/library.ts';
import type { ImageManifest } from '../../../../../src/desktops/images/manifest.ts';
import { removeOldBuilds } from '../../../../../src/desktops/images/old-builds.ts';
import type { StoredImage } from '../../../../../src/desktops/images/stored-image.ts';
import type { RunTool } from '../../../../../src/desktops/images/tools.ts';
import { scratchFolder } from '../scratch.ts';
import { qcow2Header } from './disks.ts';
import { storeImage } from './manifests.ts';

const now = () => Date.parse('2026-02-01T00:00:00Z');

/** Stands in for qemu-img: writes the disk that it is asked for. */
const convert: RunTool = async (_, args, options) => {
  options?.signal?.throwIfAborted();
  options?.onLine?.('    (50.00/100%)');
  await writeFile(String(args.at(-1)), 'flattened');
  return '';
};

async function setUp(run: RunTool = convert) {
  const folder = await scratchFolder();
  const deps = { root: join(folder, 'images'), run, now };
  const overlay = join(folder, 'overlay.qcow2');
  await writeFile(overlay, qcow2Header({ backingOffset: 104n }));
  return { ...deps, deps, overlay, library: new ImageLibrary(deps) };
}

function version(imageVersion: number, part: Partial<ImageManifest> = {}): Partial<ImageManifest> {
  const created = `2026-01-0${imageVersion}T00:00:00.000Z`;
  return { name: 'desktop', imageVersion, created, ...part };
}

async function numbers(library: ImageLibrary): Promise<number[]> {
  const { versions } = await library.versions('desktop');
  return versions.map(({ manifest }) => manifest.imageVersion);
}

async function current(library: ImageLibrary): Promise<number> {
  return (await library.find('desktop')).manifest.imageVersion;
}

describe('the versions of an image', () => {
  it('begin with the newest, until another is chosen', async () => {
    const { root, library } = await setUp();
    for (const number of [1, 2, 3]) await storeImage(root, version(number));
    expect(await numbers(library)).toEqual([3, 2, 1]);
    expect(await current(library)).toBe(3);
    await library.choose('desktop', 2);
    expect(await current(library)).toBe(2);
    await library.choose('desktop', 3);
    expect(await current(library)).toBe(3);
  });

  it('of before there were numbers are numbered by their age', async () => {
    const { root, library } = await setUp();
    for (const day of [3, 1, 2]) {
      const { dir, manifest } = await storeImage(root, version(day));
      const { imageVersion: _, ...old } = manifest;
      await writeFile(join(dir, 'manifest.json'), JSON.stringify(old));
    }
    const { versions } = await library.versions('desktop');
    expect(versions.map(({ manifest }) => [manifest.imageVersion, manifest.created])).toEqual(
      [3, 2, 1].map((day) => [day, `2026-01-0${day}T00:00:00.000Z`]),
    );
  });

  it.each([
    ['desktop', 4],
    ['other', 1],
  ])('do not include %s %i', async (name, number) => {
    const { root, library } = await setUp();
    await storeImage(root, version(1));
    await expect(library.choose(name, number)).rejects.toMatchObject({ code: 'image-unknown' });
    expect(await current(library)).toBe(1);
  });

  it('fall back to the newest when the chosen one is gone, but not when it is damaged', async () => {
    const { root, library } = await setUp();
    const first = await storeImage(root, version(1));
    await storeImage(root, version(2));
    await library.choose('desktop', 1);
    await writeFile(join(first.dir, 'manifest.json'), '{');
    await expect(library.find('desktop')).rejects.toMatchObject({ code: 'image-damaged' });
    await rm(first.dir, { recursive: true });
    expect(await current(library)).toBe(2);
  });

  it('can be chosen while the current one is damaged', async () => {
    const { root, library } = await setUp();
    await storeImage(root, version(1));
    const second = await storeImage(root, version(2));
    await library.choose('desktop', 2);
    await writeFile(join(second.dir, 'manifest.json'), '{');
    await library.choose('desktop', 1);
    expect(await current(library)).toBe(1);
  });
});

describe('publishing', () => {
  async function parentWithKernel(root: string): Promise<StoredImage> {
    const boot = {
      kind: 'kernel',
      vmlinux: 'vmlinux',
      initrd: 'initrd',
      cmdline: 'quiet',
    } as const;
    const sum = { sha256: 'a'.repeat(64), size: 3 };
    const parent = await storeImage(
      root,
      version(4, { boot, ready: 'marker', files: { vmlinux: sum, initrd: sum } }),
    );
    for (const name of ['vmlinux', 'initrd']) await writeFile(join(parent.dir, name), 'elf');
    return parent;
  }

  it('makes the current version, which stands alone', async () => {
    const { root, library, overlay } = await setUp();
    const parent = await parentWithKernel(root);
    const fractions: number[] = [];
    const image = await library.publish(
      { parent: parent.manifest.id, overlay, notes: 'a new editor' },
      { onProgress: (fraction) => fractions.push(fraction) },
    );
    expect(image.manifest).toMatchObject({
      name: 'desktop',
      kind: 'published',
      imageVersion: 5,
      parent: parent.manifest.id,
      notes: 'a new editor',
      boot: parent.manifest.boot,
      ready: 'marker',
      disk: { file: 'disk.qcow2', format: 'qcow2' },
      created: '2026-02-01T00:00:00.000Z',
    });
    expect(fractions).toEqual([0.35, 1]);
    expect(await current(library)).toBe(5);
    await library.remove(parent);
    expect((await readdir(image.dir)).toSorted()).toEqual(
      ['disk.qcow2', 'initrd', 'manifest.json', 'vmlinux'].toSorted(),
    );
    expect(await readFile(join(image.dir, 'vmlinux'), 'utf8')).toBe('elf');
  });

  it('names the backing file itself, whatever the overlay says', async () => {
    const asked: string[] = [];
    const { root, library, overlay } = await setUp(async (program, args, options) => {
      asked.push(...args);
      return convert(program, args, options);
    });
    const parent = await storeImage(root, version(1));
    await library.publish({ parent: parent.manifest.id, overlay, notes: '' });
    const source: unknown = JSON.parse(
      String(asked.find((arg) => arg.startsWith('json:'))).slice(5),
    );
    expect(source).toEqual({
      driver: 'qcow2',
      file: { driver: 'file', filename: overlay },
      backing: {
        driver: 'raw',
        file: { driver: 'file', filename: join(parent.dir, 'disk.raw') },
      },
    });
  });

  it.each([
    ['is no qcow2 file', Buffer.from('nothing of the kind'.repeat(20))],
    ['keeps its data in another file', qcow2Header({ incompatible: 4n })],
  ])('refuses an overlay that %s', async (_, header) => {
    const { root, library, overlay } = await setUp();
    const parent = await storeImage(root, version(1));
    await writeFile(overlay, header);
    const publishing = library.publish({ parent: parent.manifest.id, overlay, notes: '' });
    await expect(publishing).rejects.toMatchObject({ code: 'image-invalid' });
    expect(await current(library)).toBe(1);
  });

  it('that fails leaves all as it was', async () => {
    const { root, library, overlay } = await setUp(async () => {
      throw new Error('full');
    });
    const parent = await storeImage(root, version(1));
    const publishing = library.publish({ parent: parent.manifest.id, overlay, notes: '' });
    await expect(publishing).rejects.toThrow('full');
    expect(await numbers(library)).toEqual([1]);
    expect((await stat(overlay)).isFile()).toBe(true);
    expect((await readdir(root)).filter((name) => name.startsWith('.publishing'))).toEqual([]);
  });
});

describe('removing a version', () => {
  it('is refused for the current one and for one that disks lie on', async () => {
    const { root, library } = await setUp();
    const first = await storeImage(root, version(1));
    await storeImage(root, version(2));
    const removing = (number: number) => library.removeVersion('desktop', number);
    await expect(removing(2)).rejects.toMatchObject({ code: 'change-conflict' });
    await library.keep('broker1', new Set([first.manifest.id]));
    await library.keep('broker2', new Set([first.manifest.id]));
    await library.keep('broker1', new Set());
    await expect(removing(1)).rejects.toMatchObject({ code: 'change-conflict' });
    await library.keep('broker2', new Set());
    await removing(1);
    expect(await numbers(library)).toEqual([2]);
    await expect(removing(1)).rejects.toMatchObject({ code: 'image-unknown' });
  });
});

describe('a build beside other versions', () => {
  async function builds(root: string, count: number): Promise<StoredImage[]> {
    const images: StoredImage[] = [];
    for (let number = 1; number <= count; number += 1) {
      images.push(await storeImage(root, version(number, { kind: 'built' })));
    }
    return images;
  }
  const latest = (images: readonly StoredImage[]) => images.at(-1) ?? expect.unreachable();

  it('becomes the current one after another build', async () => {
    const { root, deps, library } = await setUp();
    const images = await builds(root, 2);
    await library.choose('desktop', 1);
    await removeOldBuilds(deps, latest(images));
    expect(await current(library)).toBe(2);
  });

  it('leaves the choice of one that was published', async () => {
    const { root, deps, library, overlay } = await setUp();
    const [first] = await builds(root, 1);
    await library.publish({ parent: first?.manifest.id ?? '', overlay, notes: '' });
    const build = await storeImage(root, version(3, { kind: 'built' }));
    await removeOldBuilds(deps, build);
    expect(await current(library)).toBe(2);
    expect(await numbers(library)).toEqual([3, 2, 1]);
  });

  it('removes old ones, but none that disks lie on or that was changed into a version', async () => {
    const { root, deps, library } = await setUp();
    const images = await builds(root, 5);
    const [first, second] = images;
    await library.keep('broker', new Set([first?.manifest.id ?? '']));
    const parent = second?.manifest.id ?? '';
    await storeImage(root, version(6, { kind: 'published', parent }));
    await removeOldBuilds(deps, latest(images));
    expect(await numbers(library)).toEqual([6, 5, 4, 2, 1]);
  });
});
