import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ImageLibrary } from '../../../../../src/desktops/images/library.ts';
import { verifiedImages } from '../../../../../src/desktops/images/verified-images.ts';
import { scratchFolder } from '../scratch.ts';
import { storeImage } from './manifests.ts';

const never = new AbortController().signal;

async function setUp() {
  const root = await scratchFolder();
  const image = await storeImage(root);
  const overlays: string[] = [];
  const library = new ImageLibrary({
    root,
    run: async (_program, args) => {
      overlays.push(args.at(-1) ?? '');
      return '';
    },
    now: () => 0,
  });
  let verified = 0;
  const counted = {
    find: (name: string) => library.find(name),
    createOverlay: library.createOverlay.bind(library),
    verify: (...args: Parameters<ImageLibrary['verify']>) => {
      verified += 1;
      return library.verify(...args);
    },
  };
  return {
    image,
    overlays,
    disk: join(image.dir, 'disk.raw'),
    images: verifiedImages(counted),
    verifications: () => verified,
  };
}

it('looks an image through before its first use, and once for all who wait', async () => {
  const { image, images, overlays, verifications } = await setUp();
  const use = (path: string) => images.createOverlay(image, path, never);
  await Promise.all([use('/a'), use('/b')]);
  // Each overlay is made on its own, and which of two is first is nobody's business.
  expect(overlays.toSorted()).toEqual(['/a', '/b']);
  await use('/c');
  expect(overlays).toHaveLength(3);
  expect(verifications()).toBe(1);
});

it('refuses an image of which one byte has changed, until it is mended', async () => {
  const { image, images, overlays, disk } = await setUp();
  const sound = await readFile(disk);
  const file = await open(disk, 'r+');
  await file.write(Buffer.from([(sound[5] ?? 0) ^ 1]), 0, 1, 5);
  await file.close();
  expect((await stat(disk)).size).toBe(sound.length);
  await expect(images.createOverlay(image, '/a', never)).rejects.toMatchObject({
    code: 'image-damaged',
    detail: expect.stringContaining(disk),
  });
  expect(overlays).toEqual([]);
  await writeFile(disk, sound);
  await images.createOverlay(image, '/a', never);
  expect(overlays).toEqual(['/a']);
});

it('keeps nobody waiting who gave up, and goes on for the others', async () => {
  const { image, images, overlays, verifications } = await setUp();
  const impatient = new AbortController();
  const given = images.createOverlay(image, '/a', impatient.signal);
  const other = images.createOverlay(image, '/b', never);
  impatient.abort(new Error('enough'));
  await expect(given).rejects.toThrow('enough');
  await other;
  expect(overlays).toEqual(['/b']);
  expect(verifications()).toBe(1);
});
