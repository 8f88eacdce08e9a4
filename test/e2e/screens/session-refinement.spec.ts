import type { Page } from '@playwright/test';
import { type MovingMachine, startMovingMachine } from './moving-machine.ts';
import { expect, test } from './screens-test.ts';
import { canvas, reports } from './session-picture.ts';
import { streaming } from './states.ts';

/** More than what a link of fair quality may have. */
const roundTripMs = 300;

let machine: MovingMachine;
test.beforeEach(async () => {
  machine = await startMovingMachine(roundTripMs);
});
test.afterEach(() => machine.dispose());

/** How many pixels of the picture are not what the machine has there. */
async function wrongPixels(page: Page): Promise<number> {
  const { width, height, pixels } = await machine.screen();
  const wanted = pixels.toString('base64');
  return page.locator(canvas).evaluate(
    (element: HTMLCanvasElement, screen) => {
      const { width, height } = screen;
      if (element.width !== width || element.height !== height) return width * height;
      const shown = element.getContext('2d')?.getImageData(0, 0, width, height).data;
      const there = Uint8Array.from(atob(screen.wanted), (letter) => letter.charCodeAt(0));
      const isWrong = (at: number) =>
        [0, 1, 2].some((part) => shown?.[at * 4 + part] !== there[at * 3 + part]);
      return Array.from({ length: width * height }, (_, at) => at).filter(isWrong).length;
    },
    { width, height, wanted },
  );
}

test('over a long way a moving picture is sent inexactly, and each pixel is right when it rests', async ({
  app,
  page,
}) => {
  test.setTimeout(60_000);
  await app.open(streaming(machine.url, 1));
  await expect.poll(() => reports(app), { timeout: 20_000 }).toEqual([{ kind: 'live', grant: 1 }]);
  await app.push(streaming(machine.url, 1, { live: true }));
  await expect.poll(() => machine.sentJpeg, { timeout: 30_000 }).toBe(true);

  await page.locator(canvas).press('a');
  await expect.poll(() => wrongPixels(page), { timeout: 20_000 }).toBe(0);
});
