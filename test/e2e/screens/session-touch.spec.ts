import type { CDPSession, Page } from '@playwright/test';
import { expect, test } from './screens-test.ts';
import { canvas, openLive, red } from './session-picture.ts';
import { streaming } from './states.ts';

test.use({ hasTouch: true });

type Finger = readonly [x: number, y: number];
type Touch = { move(...fingers: Finger[]): Promise<void>; lift(): Promise<void> };

const [left, right, wheelUp, wheelDown] = [1, 4, 8, 16];

/** Puts fingers on the picture, as Chromium's own driver does it. */
async function touch(page: Page, ...fingers: Finger[]): Promise<Touch> {
  const driver = await page.context().newCDPSession(page);
  await dispatch(driver, 'touchStart', fingers);
  return {
    move: (...to) => dispatch(driver, 'touchMove', to),
    lift: () => dispatch(driver, 'touchEnd', []),
  };
}

async function dispatch(
  driver: CDPSession,
  type: 'touchStart' | 'touchMove' | 'touchEnd',
  fingers: readonly Finger[],
): Promise<void> {
  const touchPoints = fingers.map(([x, y], id) => ({ x, y, id }));
  await driver.send('Input.dispatchTouchEvent', { type, touchPoints });
}

test('a tap is a click, and one that lasts a click with the right button', async ({
  app,
  page,
  rfb,
}) => {
  await openLive(app, rfb);
  const tap = await touch(page, [683, 384]);
  await tap.lift();
  await expect.poll(() => rfb.buttons.slice(-2)).toEqual([left, 0]);
  // The middle of 64 by 48.
  expect(rfb.pointer.at(-1)).toMatchObject({ x: 32, y: 24 });

  const long = await touch(page, [700, 300]);
  await expect.poll(() => rfb.buttons.at(-1)).toBe(right);
  await long.lift();
  await expect.poll(() => rfb.buttons.at(-1)).toBe(0);
});

test('a finger drags with the left button held', async ({ app, page, rfb }) => {
  await openLive(app, rfb);
  const finger = await touch(page, [500, 300]);
  await finger.move([600, 300]);
  await finger.move([683, 384]);
  await expect.poll(() => rfb.pointer.at(-1)).toEqual({ buttons: left, x: 32, y: 24 });
  await finger.lift();
  await expect.poll(() => rfb.buttons.at(-1)).toBe(0);
});

test('two fingers turn the wheel, and with Ctrl when they part', async ({ app, page, rfb }) => {
  const control = 0xffe3;
  await openLive(app, rfb);
  const both = await touch(page, [600, 300], [700, 300]);
  for (const y of [360, 420, 480, 540]) await both.move([600, y], [700, y]);
  await expect.poll(() => rfb.buttons).toContain(wheelUp);
  await both.lift();
  expect(rfb.buttons).not.toContain(wheelDown);
  expect(rfb.keys).toEqual([]);

  const told = rfb.buttons.length;
  const apart = await touch(page, [650, 384], [750, 384]);
  for (const by of [40, 100, 160, 220]) await apart.move([650 - by, 384], [750 + by, 384]);
  await expect.poll(() => rfb.buttons.slice(told)).toContain(wheelUp);
  await apart.lift();
  await expect.poll(() => rfb.keys).toContain(control);
  await expect.poll(() => rfb.keys.at(-1)).toBe(-control);
});

test('a finger moves a picture that is larger than the window', async ({ app, page, rfb }) => {
  rfb.size = { width: 2000, height: 1500 };
  await app.open(streaming(rfb.url, 1), { preferences: { scaling: 'actual' } });
  await expect.poll(() => rfb.asked).toBe(true);
  rfb.paint(red);
  await app.push(streaming(rfb.url, 1, { live: true }));
  await expect(page.locator(canvas)).toHaveJSProperty('width', 1366);
  const finger = await touch(page, [600, 400]);
  await finger.move([500, 350]);
  await finger.move([400, 300]);
  await finger.lift();
  const tap = await touch(page, [600, 400]);
  await tap.lift();
  // By as much as the finger moved.
  await expect.poll(() => rfb.pointer.at(-1)).toEqual({ buttons: 0, x: 800, y: 500 });
  expect(rfb.buttons.filter((mask) => mask === left)).toHaveLength(1);
});
