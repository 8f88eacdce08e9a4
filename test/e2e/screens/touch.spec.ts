import { expect, test } from './screens-test.ts';
import { openLive } from './session-picture.ts';

test.use({ hasTouch: true });

test('a finger finds the toolbar, which goes by itself', async ({ app, page, rfb }) => {
  await openLive(app, rfb);
  const toolbar = page.getByRole('toolbar', { name: 'Session' });
  await expect(toolbar).toBeHidden();

  const handle = await page.locator('.toolbar-handle').boundingBox();
  expect(handle?.width).toBeGreaterThanOrEqual(44);
  expect(handle?.height).toBeGreaterThanOrEqual(44);
  await page.touchscreen.tap((handle?.x ?? 0) + 36, (handle?.y ?? 0) + 40);
  await expect(toolbar).toBeInViewport({ ratio: 1 });
  for (const button of await toolbar.getByRole('button').all()) {
    expect((await button.boundingBox())?.height).toBeGreaterThanOrEqual(44);
  }
  expect(rfb.buttons).toEqual([]);
  await expect(toolbar).toBeHidden();

  // From the edge, as one draws down what hides there.
  await page.touchscreen.tap(300, 1);
  await expect(toolbar).toBeInViewport({ ratio: 1 });
  await toolbar.getByRole('button', { name: 'Lock' }).tap();
  await expect.poll(async () => (await app.calls()).at(-1)).toEqual({ name: 'lock' });
  await expect(toolbar).toBeHidden();
});

test('what is beside the handle is touched on the desktop', async ({ app, page, rfb }) => {
  await openLive(app, rfb);
  await expect(page.getByRole('toolbar', { name: 'Session' })).toBeHidden();
  const handle = await page.locator('.toolbar-handle').boundingBox();
  if (handle === null) throw new Error('there is no handle');
  const touches = [
    [handle.x - 4, 10],
    [handle.x + handle.width + 4, 10],
    [handle.x + handle.width / 2, handle.height + 4],
  ] as const;
  for (const [x, y] of touches) {
    const before = rfb.buttons.length;
    await page.touchscreen.tap(x, y);
    await expect.poll(() => rfb.buttons.slice(before)).toContain(1);
  }
  await expect(page.getByRole('toolbar', { name: 'Session' })).toBeHidden();
});
