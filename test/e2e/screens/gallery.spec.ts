import type { Page } from '@playwright/test';
import { violationsOn } from '../../harness/violations.ts';
import { scenes } from './scenes.ts';
import { expect, test } from './screens-test.ts';

type Media = NonNullable<Parameters<Page['emulateMedia']>[0]>;
type Judgement = { media: Media; rules: 'all' | 'colours' | 'more contrast' };

const light: Media = { colorScheme: 'light', forcedColors: 'none', contrast: 'no-preference' };
const dark: Media = { ...light, colorScheme: 'dark' };
const forced: Media = { ...dark, forcedColors: 'active' };

/** With other colours, a page is the same in everything but its colours. */
const colours = (media: Media): Judgement => ({ media, rules: 'colours' });
const moreContrast = (media: Media): Judgement => ({
  media: { ...media, contrast: 'more' },
  rules: 'more contrast',
});

/** What every scene is pictured and judged in; the pictures are in test-results/gallery/. */
const looks: {
  name: string;
  language: 'en' | 'ar';
  media: Media;
  size: [width: number, height: number];
  judged: Judgement[];
}[] = [
  {
    name: 'light',
    language: 'en',
    media: light,
    size: [1366, 768],
    judged: [{ media: light, rules: 'all' }, moreContrast(light)],
  },
  {
    name: 'dark',
    language: 'en',
    media: dark,
    size: [1366, 768],
    judged: [colours(dark), moreContrast(dark), colours(forced)],
  },
  {
    name: 'rtl',
    language: 'ar',
    media: light,
    size: [1366, 768],
    judged: [{ media: light, rules: 'all' }, colours(dark), colours(forced)],
  },
  // Only larger than another that axe has judged.
  { name: '4k', language: 'en', media: dark, size: [3840, 2160], judged: [] },
];

for (const { name: look, language, media, size, judged } of looks) {
  test(`every scene shows what it is of, without a violation, in ${look}`, async ({
    app,
    page,
    rfb,
  }) => {
    // All scenes in one page, one after the other, which a busy machine takes a while for.
    test.setTimeout(240_000);
    await page.setViewportSize({ width: size[0], height: size[1] });
    for (const { name, open, landmark } of scenes) {
      await test.step(name, async () => {
        // Without motion, colours do not take their time to change from one look to the next.
        await page.emulateMedia({ ...media, reducedMotion: 'reduce' });
        await open({ app, page, rfb }, { preferences: { language } });
        await app.settled();
        await expect.soft(landmark(page), name).toBeInViewport();
        const moving = await page.evaluate(() => document.getAnimations().length);
        expect.soft(moving, name).toBe(0);
        await page.screenshot({ path: `test-results/gallery/${look}/${name}.png` });
        for (const { media: seen, rules } of judged) {
          await page.emulateMedia(seen);
          expect.soft(await violationsOn(page, rules), `${name}, ${rules}`).toEqual([]);
        }
      });
    }
  });
}
