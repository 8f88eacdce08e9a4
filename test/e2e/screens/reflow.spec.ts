import { cutOffOn } from '../../harness/cut-off.ts';
import { scenes } from './scenes.ts';
import { expect, test } from './screens-test.ts';

/** Windows and sizes of text that leave little room. */
const tightness = [
  // A window of 1366 by 768 at a zoom of 200 %, and one of 1280 by 1024 at 400 % (WCAG 1.4.10).
  { width: 683, height: 384, textSize: 100 },
  { width: 320, height: 256, textSize: 100 },
  // Larger text alone, as chosen in the menu (WCAG 1.4.4), and both at once.
  { width: 1366, height: 768, textSize: 200 },
  { width: 683, height: 384, textSize: 200 },
] as const;

for (const language of ['en', 'ar'] as const) {
  test(`nothing is cut off or needs sideways scrolling however little room there is, in ${language}`, async ({
    app,
    page,
    rfb,
  }) => {
    // All scenes in one page, one after the other, which a busy machine takes a while for.
    test.setTimeout(240_000);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    for (const { name, open } of scenes) {
      await test.step(name, async () => {
        await page.setViewportSize({ width: 1366, height: 768 });
        await open({ app, page, rfb }, { preferences: { language } });
        await app.settled();
        for (const { width, height, textSize } of tightness) {
          await page.setViewportSize({ width, height });
          await page.evaluate((size) => {
            document.documentElement.dataset.textSize = String(size);
          }, textSize);
          await app.frames();
          const at = `${name}-${width}-${textSize}`;
          await page.screenshot({ path: `test-results/reflow/${language}/${at}.png` });
          expect.soft(await cutOffOn(page), at).toEqual([]);
        }
      });
    }
  });
}
