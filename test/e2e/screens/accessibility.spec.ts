import type { Page } from '@playwright/test';
import { violationsOn } from '../../harness/violations.ts';
import { expect, test } from './screens-test.ts';
import { openLive } from './session-picture.ts';
import { session, stateNamed, streaming } from './states.ts';

/** What is open, by day, by night and in the colours of the system. */
async function expectNoViolation(page: Page): Promise<void> {
  expect(await violationsOn(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await violationsOn(page, 'colours')).toEqual([]);
  await page.emulateMedia({ forcedColors: 'active' });
  expect(await violationsOn(page, 'colours')).toEqual([]);
  await page.emulateMedia({ colorScheme: 'light', forcedColors: 'none' });
}

test('menus and dialogs: no violation', async ({ app, page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await app.open(stateNamed('desktops'));
  for (const name of ['Language and appearance', 'Account of Ada Lovelace']) {
    await page.getByRole('button', { name }).click();
    await expect(page.getByRole('menu')).toBeVisible();
    await expectNoViolation(page);
    await page.keyboard.press('Escape');
  }
  await page.getByRole('button', { name: 'End Workshop' }).click();
  await expect(page.getByRole('alertdialog')).toHaveCSS('opacity', '1');
  await expectNoViolation(page);
});

test('says each new state to screen readers and in the title', async ({ app, page }) => {
  await app.open(stateNamed('sign-in'));
  const status = page.getByRole('status').first();
  await expect(status).toHaveText('Sign in');
  await app.push(stateNamed('desktops'));
  await expect(status).toHaveText('Your desktops');
  await app.push(stateNamed('connecting'));
  await expect(status).toHaveText('Opening Workshop');
  await expect(page).toHaveTitle('Opening Workshop – Porthole');
});

/** Everything that a screen reader is told from now on, in its order. */
async function listen(page: Page): Promise<() => Promise<unknown>> {
  await page.evaluate(() => {
    const told: string[] = [];
    Object.assign(window, { told });
    const regions = '[role=status], [role=alert], [role=alertdialog], [aria-live=polite]';
    new MutationObserver((changes) => {
      const regionOf = ({ target }: MutationRecord) =>
        (target instanceof Element ? target : target.parentElement)?.closest(regions) ?? null;
      const added = changes.flatMap(({ addedNodes }) =>
        [...addedNodes].flatMap((node) =>
          node instanceof Element ? [...node.querySelectorAll(regions), node] : [],
        ),
      );
      const touched = [...changes.map(regionOf), ...added.filter((node) => node.matches(regions))];
      for (const region of new Set(touched)) {
        if (region?.isConnected) told.push(region.textContent.trim());
      }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  return () => page.evaluate(() => 'told' in window && window.told);
}

test('tells a screen reader of each change once, and of what goes on not at all', async ({
  app,
  page,
  rfb,
}) => {
  await app.open(stateNamed('desktops'));
  const told = await listen(page);
  await app.push(stateNamed('desktops-off'));
  await app.push(stateNamed('desktops-moving'));
  await app.push(stateNamed('connecting-asking'));
  await app.push(stateNamed('connecting'));
  await app.push(stateNamed('connecting'));
  await app.push(streaming(rfb.url, 1));
  await expect.poll(() => rfb.asked).toBe(true);
  rfb.paint([58, 96, 120]);
  await app.push(streaming(rfb.url, 1, { live: true }));
  await app.push(streaming(rfb.url, 1, { live: true, session: { ...session, revision: 9 } }));
  // Longer than anything that counts takes for a step.
  await expect(page.locator('.toolbar-slot')).toHaveAttribute('data-shown', 'false');
  await app.push(stateNamed('reconnecting'));
  await expect
    .poll(told)
    .toEqual(['Opening Workshop', 'Opening the picture', 'Workshop', 'Reconnecting']);
});

test('says what has the keyboard while a desktop is shown, and how to leave it', async ({
  app,
  page,
  rfb,
}) => {
  await openLive(app, rfb);
  const picture = page.getByRole('application', {
    name: 'Screen of Workshop. The keyboard goes to the desktop; Ctrl, Alt and Shift together open the toolbar.',
  });
  await expect(picture).toBeFocused();
  // A screen reader's way in does without the chord, which it may keep to itself.
  const handle = page.getByRole('button', { name: 'Show the toolbar (Ctrl+Alt+Shift)' });
  await handle.evaluate((button) => button instanceof HTMLElement && button.click());
  await expect(page.getByRole('button', { name: 'Disconnect' })).toBeFocused();
});

test('draws a line around a desktop that has the keyboard, for who asks for more contrast', async ({
  app,
  page,
  rfb,
}) => {
  await openLive(app, rfb);
  await expect(page.getByRole('application')).toBeFocused();
  await page.keyboard.press('a');
  const line = () =>
    page.locator('.stage').evaluate((stage) => getComputedStyle(stage, '::after').borderTopStyle);
  expect(await line()).toBe('none');
  await page.emulateMedia({ contrast: 'more' });
  expect(await line()).toBe('solid');
  await page.emulateMedia({ contrast: 'no-preference', forcedColors: 'active' });
  expect(await line()).toBe('solid');
  await page.screenshot({ path: 'test-results/gallery/session-focused.png' });
});

for (const language of ['en', 'ar'] as const) {
  test(`says in which language it is: ${language}`, async ({ app, page }) => {
    await app.open(stateNamed('sign-in'), { preferences: { language } });
    await expect(page.locator('html')).toHaveAttribute('lang', language);
    await page.locator('.shell-menus button').first().click();
    for (const [tag, name] of [
      ['en', 'English'],
      ['ar', 'العربية'],
    ] as const) {
      await expect(page.getByText(name, { exact: true })).toHaveAttribute('lang', tag);
    }
  });
}
