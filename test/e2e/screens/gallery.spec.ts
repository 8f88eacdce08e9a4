import { AxeBuilder } from '@axe-core/playwright';
import { scenes } from './scenes.ts';
import { expect, test } from './screens-test.ts';

/** What every scene is pictured and judged in; the pictures are in test-results/gallery/. */
const looks = [
  { name: 'light', theme: 'light', language: 'en', width: 1366, height: 768, axe: true },
  { name: 'dark', theme: 'dark', language: 'en', width: 1366, height: 768, axe: true },
  { name: 'rtl', theme: 'light', language: 'ar', width: 1366, height: 768, axe: true },
  // Only larger than another that axe has judged.
  { name: '4k', theme: 'dark', language: 'en', width: 3840, height: 2160, axe: false },
] as const;

for (const { name: look, theme, language, width, height, axe } of looks) {
  test(`every scene shows what it is of, without a violation, in ${look}`, async ({
    app,
    page,
    rfb,
  }) => {
    // All scenes in one page, one after the other, which a busy machine takes a while for.
    test.setTimeout(240_000);
    await page.setViewportSize({ width, height });
    for (const { name, open, landmark } of scenes) {
      await test.step(name, async () => {
        await open({ app, page, rfb }, { preferences: { theme, language } });
        await app.settled();
        await expect.soft(landmark(page), name).toBeInViewport();
        await page.screenshot({ path: `test-results/gallery/${look}/${name}.png` });
        if (!axe) return;
        const { violations } = await new AxeBuilder({ page }).analyze();
        const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`);
        expect.soft(found, name).toEqual([]);
      });
    }
  });
}
