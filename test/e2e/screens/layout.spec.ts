import type { Page } from '@playwright/test';
import { expect, test } from './screens-test.ts';
import { type StateName, stateNamed, streaming } from './states.ts';

// How long it takes is measured by `npm run smoke`; what makes it quick is that it waits for no script.
test('the first paint waits for no script', async ({ app, page }) => {
  const held = Promise.withResolvers<void>();
  await page.route(/\.js$/, async (route) => {
    await held.promise;
    await route.continue();
  });
  const opened = app.open(stateNamed('sign-in'));
  await page.waitForFunction(
    () => performance.getEntriesByName('first-contentful-paint').length > 0,
  );
  held.resolve();
  await opened;
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
});

test('the page without scripts has the mark where the starting screen has it', async ({
  app,
  browser,
  page,
}) => {
  await app.open(stateNamed('starting'));
  const after = await page.locator('.starting-mark').boundingBox();
  const context = await browser.newContext({ javaScriptEnabled: false });
  const bare = await context.newPage();
  await bare.setViewportSize({ width: 1366, height: 768 });
  await bare.goto(page.url());
  const before = await bare.locator('.starting-mark').boundingBox();
  await context.close();
  expect(before).toEqual(after);
});

/** Changes that a person only watches, so that nothing they look at may move. */
const changes: StateName[][] = [
  ['starting', 'starting-retry'],
  ['enroll-offer', 'enrolling-contacting', 'enrolling-request'],
  ['enrolling-request', 'enroll-problem'],
  ['enrolling-contacting', 'enrolling-retry'],
  ['sign-in', 'signing-in', 'sign-in-problem'],
  ['account', 'account-retry', 'account'],
  ['starting', 'sign-in'],
  ['locked', 'unlocking', 'locked-problem'],
  ['desktops-loading', 'desktops', 'desktops-problem'],
  ['desktops-off', 'desktops-moving', 'desktops-asleep', 'desktops'],
  ['connecting-asking', 'connecting'],
];

/** What moved on the page since, as the browser itself judges it. */
async function watchShifts(page: Page): Promise<() => Promise<unknown>> {
  await page.evaluate(() => {
    const shifts: unknown[] = [];
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shifts.push(entry.toJSON());
    }).observe({ type: 'layout-shift' });
  });
  return () => page.evaluate(() => 'shifts' in window && window.shifts);
}

for (const [first, ...others] of changes) {
  test(`nothing moves from ${first} to ${others.join(' to ')}`, async ({ app, page }) => {
    if (first === undefined) throw new Error('a change begins somewhere');
    await app.open(stateNamed(first));
    await app.settled();
    const shifts = await watchShifts(page);
    for (const name of others) {
      await app.push(stateNamed(name));
      await app.settled();
    }
    expect(await shifts()).toEqual([]);
  });
}

test('nothing moves from connecting to the picture, nor when it is lost and found', async ({
  app,
  page,
  rfb,
}) => {
  await app.open(stateNamed('connecting'));
  await app.settled();
  const shifts = await watchShifts(page);
  for (const number of [1, 2]) {
    await app.push(streaming(rfb.url, number, { attempt: number - 1 }));
    await expect.poll(() => rfb.connections === number && rfb.asked).toBe(true);
    await app.settled();
    rfb.paint([58, 96, 120]);
    await expect
      .poll(() => app.calls())
      .toContainEqual({ name: 'reportStream', argument: { kind: 'live', grant: number } });
    await app.push(streaming(rfb.url, number, { live: true }));
    await app.settled();
    rfb.cut();
    await app.push(stateNamed('reconnecting'));
    await app.settled();
  }
  expect(await shifts()).toEqual([]);
});

test('right to left mirrors the page', async ({ app, page }) => {
  await app.open(stateNamed('sign-in'), { preferences: { language: 'ar' } });
  await expect(page.locator('html')).toHaveAttribute('dir', 'rtl');
  const scene = await page.locator('.entry-scene').boundingBox();
  const card = await page.locator('.entry-card').boundingBox();
  expect(scene?.x).toBeGreaterThan(card?.x ?? Number.POSITIVE_INFINITY);
});

test('respects who asks for less motion', async ({ app, page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await app.open(stateNamed('connecting-asking'));
  await expect(page.locator('.progress-bar')).toHaveCSS('animation-name', 'none');
});
