import type { Locator, Page } from '@playwright/test';
import { expect, test, untouchedPreferences } from './screens-test.ts';
import { canvas, green, openLive, red } from './session-picture.ts';
import { session, streaming } from './states.ts';

const shown = { preferences: { showsFigures: true } };

function figure(page: Page, name: string): Locator {
  return page.locator('.figure', { hasText: name }).locator('dd');
}

test('the figures are off until they are asked for, and the choice is kept', async ({
  app,
  page,
  rfb,
}) => {
  await openLive(app, rfb);
  const figures = page.getByRole('region', { name: 'Figures of this session' });
  await expect(figures).toHaveCount(0);
  await page.mouse.move(600, 1);
  const toggle = page.getByRole('button', { name: 'Figures' });
  await expect(toggle).toHaveAttribute('aria-pressed', 'false');
  await toggle.click();
  await expect(toggle).toHaveAttribute('aria-pressed', 'true');
  await expect(figures).toBeVisible();
  await expect
    .poll(async () => (await app.calls()).at(-1))
    .toEqual({
      name: 'setPreferences',
      argument: { ...untouchedPreferences, showsFigures: true },
    });
  await toggle.click();
  await expect(figures).toHaveCount(0);
});

test('says how the session fares, once a second', async ({ app, page, rfb }) => {
  await openLive(app, rfb, shown);
  const expiresAt = new Date(Date.now() + (3 * 60 + 25) * 60_000 - 1_000).toISOString();
  await app.push(streaming(rfb.url, 1, { live: true, session: { ...session, expiresAt } }));
  await expect(figure(page, 'Desktop')).toHaveText('Workshop');
  await expect(figure(page, 'Connection')).toHaveText('good');
  await expect(figure(page, 'Time left')).toHaveText('3 h 25 min');
  // The picture stands still: what is asked for meanwhile is answered, and is no frame.
  await expect(figure(page, 'Round trip')).toHaveText(/^\d+ ms$/);
  await expect(figure(page, 'Frames')).toHaveText('0/s');
  await expect(figure(page, 'Bandwidth')).toHaveText('0.0 Mbit/s');

  const painting = setInterval(() => rfb.paint(rfb.requests % 2 === 0 ? red : green), 50);
  await expect(figure(page, 'Frames')).toHaveText(/^(1\d|2\d)\/s$/);
  // Twenty times 12 kB in a second is 2 Mbit.
  await expect(figure(page, 'Bandwidth')).toHaveText(/^[12]\.\d Mbit\/s$/);
  await page.screenshot({ path: 'test-results/gallery/session-figures.png' });
  clearInterval(painting);

  rfb.silent = true;
  await expect(page.locator('.session')).toHaveAttribute('data-picture', 'stale');
  await expect(figure(page, 'Round trip')).toHaveText('–');
});

test('costs no timer while the figures are off', async ({ app, page, rfb }) => {
  await openLive(app, rfb);
  await page.evaluate(() => {
    const running = new Map<number, number | undefined>();
    const { setInterval: set, clearInterval: clear } = window;
    Object.assign(window, {
      running,
      setInterval: (run: () => void, every?: number) => {
        const timer = set(run, every);
        running.set(timer, every);
        return timer;
      },
      clearInterval: (timer: number) => {
        running.delete(timer);
        clear(timer);
      },
    });
  });
  const running = () =>
    page.evaluate(() =>
      'running' in window && window.running instanceof Map ? [...window.running.values()] : null,
    );
  await page.mouse.move(600, 1);
  const toggle = page.getByRole('button', { name: 'Figures' });
  await toggle.click();
  await expect.poll(running).toEqual([1_000]);
  await toggle.click();
  await expect.poll(running).toEqual([]);
});

test('the figures are in nobody’s way', async ({ app, page, rfb }) => {
  await openLive(app, rfb, shown);
  const figures = page.locator('.figures');
  const box = await figures.boundingBox();
  if (box === null) throw new Error('there are no figures');

  // A click on them is a click on the desktop, and they are no stop of the keyboard.
  await page.mouse.click(box.x + 5, box.y + 5);
  await expect.poll(() => rfb.buttons).toContain(1);
  await expect(page.locator(canvas)).toBeFocused();

  // Nobody is told of each change; who looks for them finds a name and its value.
  expect(await figures.locator('[aria-live], [role=status], [role=timer]').count()).toBe(0);
  await expect(page.getByRole('region', { name: 'Figures of this session' })).toMatchAriaSnapshot(`
    - region "Figures of this session":
      - term: Desktop
      - definition: Workshop
      - term: Connection
      - definition: good
      - term: Round trip
      - definition
      - term: Frames
      - definition
      - term: Bandwidth
      - definition
      - term: Time left
      - definition
  `);

  for (const size of [
    { width: 1366, height: 768 },
    { width: 683, height: 384 },
    { width: 320, height: 256 },
  ]) {
    await page.setViewportSize(size);
    const handle = await page.locator('.toolbar-handle').boundingBox();
    const moved = await figures.boundingBox();
    expect(moved?.y).toBeGreaterThan((handle?.y ?? 0) + (handle?.height ?? 0));
  }
});
