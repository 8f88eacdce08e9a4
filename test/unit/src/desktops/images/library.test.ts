import { appendFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CodedError } from '../../../../../src/contract/errors.ts';
import { ImageLibrary } from '../../../../../src/desktops/images/library.ts';
import type { RunTool } from '../../../../../src/desktops/images/tools.ts';
import { scratchFolder } from '../scratch.ts';
import { bootableRaw } from './disks.ts';
import { storeImage } from './manifests.ts';

const soundDisk: RunTool = async () => JSON.stringify({ format: 'raw', 'virtual-size': 1024 });

async function setUp(run: RunTool = soundDisk) {
  const root = join(await scratchFolder(), 'images');
  const now = () => Date.parse('2026-01-01T00:00:00Z');
  return { root, library: new ImageLibrary({ root, run, now }) };
}

async function userDisk(): Promise<string> {
  const file = join(await scratchFolder(), 'my disk.img');
  await writeFile(file, bootableRaw(1024));
  return file;
}

describe('the images of a host', () => {
  it('are none before the first', async () => {
    const { library } = await setUp();
    expect(await library.list()).toEqual({ images: [], damaged: [] });
    await expect(library.find('any')).rejects.toMatchObject({ code: 'image-unknown' });
  });

  it('are found by name and by id, of several builds the newest', async () => {
    const { root, library } = await setUp();
    const created = (imageVersion: number) => ({
      name: 'desktop',
      imageVersion,
      created: `2026-01-0${imageVersion}T00:00:00.000Z`,
    });
    const old = await storeImage(root, created(1));
    const newest = await storeImage(root, created(3));
    const middle = await storeImage(root, created(2));
    expect(await library.find('desktop')).toEqual(newest);
    expect(await library.find(middle.manifest.id)).toEqual(middle);
    expect((await library.list()).images).toEqual([newest, middle, old]);
  });

  it('do not include what is being made, set aside, or loose', async () => {
    const { root, library } = await setUp();
    await mkdir(join(root, '.building-1-abc'), { recursive: true });
    await mkdir(join(root, '.damaged-1'));
    await writeFile(join(root, 'notes.txt'), '');
    expect(await library.list()).toEqual({ images: [], damaged: [] });
  });

  it('that cannot be read are told and left alone', async () => {
    const { root, library } = await setUp();
    const good = await storeImage(root, { name: 'good' });
    const bad = await storeImage(root, { name: 'bad' });
    await writeFile(join(bad.dir, 'manifest.json'), '{ "version": 1');
    await mkdir(join(root, 'empty'));
    const { images, damaged } = await library.list();
    expect(images).toEqual([good]);
    expect(damaged.map(({ dir }) => basename(dir)).toSorted()).toEqual(
      ['empty', bad.manifest.id].toSorted(),
    );
    await expect(library.find(bad.manifest.id)).rejects.toMatchObject({ code: 'image-damaged' });
    expect(await library.find('good')).toEqual(good);
    expect(await readdir(bad.dir)).toContain('disk.raw');
  });

  it('that cannot be read are known by what is left of their manifest, and no other name', async () => {
    const { root, library } = await setUp();
    const { dir, manifest } = await storeImage(root, { name: 'bad' });
    await mkdir(join(root, 'empty'));
    const future = { ...manifest, version: 2 };
    await writeFile(join(dir, 'manifest.json'), JSON.stringify(future));
    for (const name of ['bad', manifest.id, 'empty']) {
      await expect(library.find(name)).rejects.toMatchObject({ code: 'image-damaged' });
    }
    await expect(library.find('bad')).rejects.toMatchObject({
      detail: expect.stringContaining(manifest.id),
    });
    await expect(library.find('other')).rejects.toMatchObject({ code: 'image-unknown' });
    await writeFile(join(dir, 'manifest.json'), '["no manifest"]');
    await expect(library.find('bad')).rejects.toMatchObject({ code: 'image-unknown' });
  });

  it('are refused under the folder of another', async () => {
    const { root, library } = await setUp();
    const { dir, manifest } = await storeImage(root);
    await mkdir(join(root, 'copy'));
    await writeFile(join(root, 'copy/manifest.json'), JSON.stringify(manifest));
    const { images, damaged } = await library.list();
    expect(images.map((image) => image.dir)).toEqual([dir]);
    expect(damaged).toHaveLength(1);
  });
});

describe('verifying an image', () => {
  it('passes what is whole', async () => {
    const { root, library } = await setUp();
    await expect(library.verify(await storeImage(root))).resolves.toBeUndefined();
  });

  it.each<[string, (file: string) => Promise<void>, RegExp]>([
    ['is longer', (file) => appendFile(file, 'x'), /disk\.raw has 22 bytes instead of 21/],
    ['is shorter', (file) => writeFile(file, 'the'), /disk\.raw has 3 bytes/],
    ['changed', (file) => writeFile(file, 'THE content of a disk'), /disk\.raw has changed/],
    ['is gone', (file) => rm(file), /disk\.raw: ENOENT/],
  ])('names the file that %s', async (_, damage, why) => {
    const { root, library } = await setUp();
    const image = await storeImage(root);
    await damage(join(image.dir, 'disk.raw'));
    await expect(library.verify(image)).rejects.toMatchObject({
      code: 'image-damaged',
      detail: expect.stringMatching(why),
    });
  });

  it('can be stopped', async () => {
    const { root, library } = await setUp();
    const image = await storeImage(root);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(library.verify(image, signal)).rejects.toThrow('enough');
  });
});

describe('adding an image', () => {
  it('copies the disk, which boots by itself', async () => {
    const { root, library } = await setUp();
    const file = await userDisk();
    const fractions: number[] = [];
    const image = await library.add({
      name: 'mine',
      file,
      onProgress: (fraction) => fractions.push(fraction),
    });
    expect(image.manifest).toMatchObject({
      name: 'mine',
      kind: 'registered',
      boot: { kind: 'disk' },
      disk: { file: 'disk.raw', format: 'raw' },
      ready: 'first-frame',
      created: '2026-01-01T00:00:00.000Z',
    });
    expect(fractions.at(-1)).toBe(1);
    expect(await library.find('mine')).toEqual(image);
    await library.verify(image);
    await rm(file);
    await library.verify(image);
    expect(await readdir(root)).toHaveLength(1);
  });

  it.each(['', '..', 'a/b', '-f', 'Capital'])('refuses the name %j', async (name) => {
    const { library } = await setUp();
    const adding = library.add({ name, file: await userDisk() });
    await expect(adding).rejects.toMatchObject({ code: 'image-name-invalid' });
  });

  it('refuses a name that is taken, and leaves the other as it is', async () => {
    const { root, library } = await setUp();
    const first = await library.add({ name: 'mine', file: await userDisk() });
    const adding = library.add({ name: 'mine', file: await userDisk() });
    await expect(adding).rejects.toMatchObject({ code: 'image-name-taken' });
    expect(await library.find('mine')).toEqual(first);
    expect(await readdir(root)).toHaveLength(1);
  });

  it.each([
    ['a backing file', { 'backing-filename': '/etc/shadow' }],
    ['data in another file', { 'format-specific': { data: { 'data-file': '/dev/sda' } } }],
    ['encryption', { encrypted: true }],
    ['a mark of corruption', { 'format-specific': { data: { corrupt: true } } }],
  ])('refuses a disk in which QEMU finds %s, and leaves nothing', async (_, found) => {
    const info = { format: 'raw', 'virtual-size': 1024, ...found };
    const { root, library } = await setUp(async () => JSON.stringify(info));
    const adding = library.add({ name: 'mine', file: await userDisk() });
    await expect(adding).rejects.toMatchObject({ code: 'image-invalid' });
    expect(await readdir(root)).toEqual([]);
  });

  it('refuses a disk that QEMU cannot open', async () => {
    const { library } = await setUp(async () => {
      throw new CodedError('command-failed', { detail: 'qemu-img: L1 table is too large' });
    });
    await expect(library.add({ name: 'mine', file: await userDisk() })).rejects.toMatchObject({
      code: 'image-invalid',
      detail: 'qemu-img: L1 table is too large',
    });
  });

  it('is not a verdict on the disk when qemu-img is missing', async () => {
    const { root, library } = await setUp(async () => {
      throw new CodedError('tool-missing', { detail: 'qemu-img' });
    });
    const adding = library.add({ name: 'mine', file: await userDisk() });
    await expect(adding).rejects.toMatchObject({ code: 'tool-missing' });
    expect(await readdir(root)).toEqual([]);
  });
});

describe('removing an image', () => {
  it('takes it away as a whole and frees its name', async () => {
    const { root, library } = await setUp();
    const image = await library.add({ name: 'mine', file: await userDisk() });
    await library.remove(image);
    expect(await readdir(root)).toEqual([]);
    await library.add({ name: 'mine', file: await userDisk() });
  });
});

it('an overlay is not begun on a disk that is gone', async () => {
  const { root, library } = await setUp();
  const image = await storeImage(root);
  await rm(join(image.dir, 'disk.raw'));
  await expect(library.createOverlay(image, '/nowhere')).rejects.toMatchObject({
    code: 'image-damaged',
    detail: expect.stringMatching(/disk\.raw: ENOENT/),
  });
});
