import { test } from './screens-test.ts';
import { stateNamed, stateNames } from './states.ts';

/** A picture of every screen, to be looked at: test-results/gallery/. */
const looks = [
  { name: 'light', theme: 'light', language: 'en', width: 1366, height: 768 },
  { name: 'dark', theme: 'dark', language: 'en', width: 1366, height: 768 },
  { name: 'rtl', theme: 'light', language: 'ar', width: 1366, height: 768 },
  { name: '4k', theme: 'dark', language: 'en', width: 3840, height: 2160 },
] as const;

for (const { name: look, theme, language, width, height } of looks) {
  for (const name of stateNames) {
    test(`${name} in ${look}`, async ({ app, page }) => {
      await page.setViewportSize({ width, height });
      await app.open(stateNamed(name), { preferences: { theme, language } });
      await page.waitForLoadState('networkidle');
      await page.screenshot({ path: `test-results/gallery/${look}/${name}.png` });
    });
  }
}
