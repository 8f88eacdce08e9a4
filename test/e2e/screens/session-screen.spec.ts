import type { Page } from '@playwright/test';
import { PNG } from 'pngjs';
import { en } from '../../../renderer/text/en.ts';
import type { RfbServer } from './rfb-server.ts';
import { type App, expect, test } from './screens-test.ts';
import { canvas, openLive, red, reports } from './session-picture.ts';
import { stateNamed, streaming } from './states.ts';

const black = [0, 0, 0] as const;
const white = [255, 255, 255] as const;
const large = { width: 2000, height: 1500 };

function checkered(x: number, y: number) {
  return (x + y) % 2 === 0 ? black : white;
}

/** A live session of a desktop that takes the size it is asked for. */
async function openFollowing(app: App, rfb: RfbServer): Promise<void> {
  await openLive(app, rfb);
  rfb.offerSizes();
  await expect.poll(() => rfb.wantedSize).toBeDefined();
}

async function choose(page: Page, name: string): Promise<void> {
  await page.mouse.move(600, 1);
  await page.getByRole('button', { name: en['screen.label'], exact: true }).click();
  await page.getByRole('menuitemradio', { name }).click();
  await expect(page.getByRole('menu')).toHaveCount(0);
}

function boxOf(page: Page) {
  return page.locator(canvas).boundingBox();
}

/** Of the middle of the window, in pixels of the screen. */
async function shownInTheMiddle(page: Page, scale: number): Promise<number[][]> {
  const clip = { x: 640, y: 380, width: 8, height: 8 };
  const { data, width } = PNG.sync.read(await page.screenshot({ clip, scale: 'device' }));
  expect(width).toBe(clip.width * scale);
  return Array.from({ length: 4 }, (_, at) => [...data.subarray(at * 4, at * 4 + 3)]);
}

test.describe('on a screen of two pixels for each of CSS', () => {
  test.use({ deviceScaleFactor: 2 });

  test('the desktop has a pixel for each of the screen’s if one likes, each as it was sent', async ({
    app,
    page,
    rfb,
  }) => {
    await openFollowing(app, rfb);
    expect(rfb.wantedSize).toEqual({ width: 1366, height: 768 });
    rfb.takeSize({ width: 1366, height: 768 });
    await expect.poll(() => boxOf(page)).toEqual({ x: 0, y: 0, width: 1366, height: 768 });

    await choose(page, en['screen.sharp']);
    await expect.poll(() => rfb.wantedSize).toEqual({ width: 2732, height: 1536 });
    rfb.takeSize({ width: 2732, height: 1536 });
    rfb.paintEach(checkered);
    await expect.poll(() => boxOf(page)).toEqual({ x: 0, y: 0, width: 1366, height: 768 });
    await expect
      .poll(() => shownInTheMiddle(page, 2))
      .toEqual([[...black], [...white], [...black], [...white]]);

    await page.mouse.move(600, 400);
    await expect.poll(() => rfb.pointer.at(-1)).toMatchObject({ x: 1200, y: 800 });
  });
});

test('asks for the size of the window, and again when the window has another', async ({
  app,
  page,
  rfb,
}) => {
  await openFollowing(app, rfb);
  expect(rfb.wantedSize).toEqual({ width: 1366, height: 768 });
  rfb.takeSize({ width: 1360, height: 768 });
  // A few pixels less than was asked for leave a margin, and blur nothing.
  await expect.poll(() => boxOf(page)).toEqual({ x: 3, y: 0, width: 1360, height: 768 });
  await page.setViewportSize({ width: 900, height: 700 });
  await expect.poll(() => rfb.wantedSize).toEqual({ width: 900, height: 700 });
});

test('changes the scaling of a running picture, and keeps it for the next one', async ({
  app,
  page,
  rfb,
}) => {
  await openLive(app, rfb);
  await choose(page, en['screen.multiples']);
  // 768 of 48 are 16.
  await expect.poll(() => boxOf(page)).toMatchObject({ width: 64 * 16, height: 768 });
  await expect(page.locator(canvas)).toHaveCSS('image-rendering', 'pixelated');

  await choose(page, en['screen.actual']);
  await expect.poll(() => boxOf(page)).toMatchObject({ width: 64, height: 48 });
  await expect(page.locator(canvas)).toHaveCSS('image-rendering', 'auto');

  await choose(page, en['screen.fit']);
  await expect.poll(() => boxOf(page)).toMatchObject({ width: 1024, height: 768 });
  rfb.offerSizes();
  await page.setViewportSize({ width: 640, height: 600 });
  await expect.poll(() => boxOf(page)).toMatchObject({ width: 640, height: 480 });
  expect(rfb.wantedSize).toBeUndefined();

  expect(rfb.connections).toBe(1);
  const kept = (await app.calls()).filter(({ name }) => name === 'setPreferences').at(-1);
  expect(kept?.argument).toMatchObject({ scaling: 'fit', density: 'even' });

  await app.push(stateNamed('reconnecting'));
  await app.push(streaming(rfb.url, 2, { attempt: 1 }));
  await expect.poll(() => rfb.connections > 1 && rfb.asked).toBe(true);
  rfb.paint(red);
  await expect.poll(() => reports(app)).toContainEqual({ kind: 'live', grant: 2 });
  rfb.offerSizes();
  await app.frames();
  expect(rfb.wantedSize).toBeUndefined();
});

test('follows the window from the moment that this is chosen', async ({ app, page, rfb }) => {
  await app.open(streaming(rfb.url, 1), { preferences: { scaling: 'fit' } });
  await expect.poll(() => rfb.asked).toBe(true);
  rfb.paint(red);
  await app.push(streaming(rfb.url, 1, { live: true }));
  rfb.offerSizes();
  await choose(page, en['screen.follow']);
  await expect.poll(() => rfb.wantedSize).toEqual({ width: 1366, height: 768 });
});

test('moves over a larger picture when the pointer is at an edge', async ({ app, page, rfb }) => {
  rfb.size = large;
  await app.open(streaming(rfb.url, 1), { preferences: { scaling: 'actual' } });
  await expect.poll(() => rfb.asked).toBe(true);
  rfb.paint(red);
  await app.push(streaming(rfb.url, 1, { live: true }));
  await expect.poll(() => boxOf(page)).toEqual({ x: 0, y: 0, width: 1366, height: 768 });

  await page.mouse.move(600, 400);
  await expect.poll(() => rfb.pointer.at(-1)).toMatchObject({ x: 600, y: 400 });
  await page.mouse.move(1365, 767);
  await expect.poll(() => rfb.pointer.at(-1)).toMatchObject({ x: 1999, y: 1499 });
  await page.mouse.move(600, 400);
  const [right, down] = [large.width - 1366, large.height - 768];
  await expect.poll(() => rfb.pointer.at(-1)).toMatchObject({ x: 600 + right, y: 400 + down });
  await page.mouse.move(0, 400);
  await expect.poll(() => rfb.pointer.at(-1)).toMatchObject({ x: 0, y: 400 + down });
});

test('asks once more for what came inexactly, when the picture rests', async ({
  app,
  page,
  rfb,
}) => {
  await openLive(app, rfb);
  const jpeg = await page.evaluate(async () => {
    const picture = new OffscreenCanvas(32, 16);
    picture.getContext('2d')?.fillRect(0, 0, 32, 16);
    const blob = await picture.convertToBlob({ type: 'image/jpeg' });
    return [...new Uint8Array(await blob.arrayBuffer())];
  });
  expect(rfb.askedAnew).toEqual([0, 0, 64, 48]);
  rfb.paintPicture(Uint8Array.from(jpeg), { width: 32, height: 16 });
  await expect.poll(() => rfb.askedAnew).toEqual([0, 0, 32, 16]);
  expect(rfb.encodings.filter((each) => each >= -32 && each <= -23)).toEqual([]);
});

test.describe('a desktop whose own system scales its text', () => {
  test.use({ deviceScaleFactor: 2 });

  test('gets every pixel of a dense screen by itself', async ({ app, rfb }) => {
    await app.open(streaming(rfb.url, 1), { fits: true });
    await expect.poll(() => rfb.asked).toBe(true);
    rfb.offerSizes();
    rfb.paint(red);
    await expect.poll(() => rfb.wantedSize).toEqual({ width: 1366, height: 768 });
    rfb.takeSize({ width: 1366, height: 768 });
    rfb.paint(red);
    await expect.poll(() => rfb.wantedSize).toEqual({ width: 2732, height: 1536 });
  });
});
