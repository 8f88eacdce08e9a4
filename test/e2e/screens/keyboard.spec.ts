import type { Page } from '@playwright/test';
import { problem } from '../../../src/contract/errors.ts';
import { scenes } from './scenes.ts';
import { expect, test } from './screens-test.ts';
import { openLive } from './session-picture.ts';
import { session, stateNamed, streaming } from './states.ts';

/** One scene for each kind of thing that a keyboard has to reach. */
const visited = [
  'starting-retry',
  'blocked',
  'blocked-key-changed',
  'enroll-offer',
  'enrolling-request',
  'sign-in-problem',
  'signing-in',
  'account-retry',
  'desktops-empty',
  'desktops-problem',
  'connecting',
  'ended-failed',
  'locked-problem',
  'session-ending',
  'session-lost',
  'fault',
];

type Stop = { name: string; isOutlined: boolean; isSeen: boolean };

/** What can be used on the page as it stands, by the start of its markup. */
function controlsOn(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('a[href], button, input')]
      .filter((element) => element.closest('[inert], [aria-hidden=true]') === null)
      .filter((element) => !element.matches(':disabled, [tabindex="-1"]'))
      .filter((element) => element.checkVisibility({ visibilityProperty: true }))
      .map(
        (element) =>
          `${element.localName} ${element.getAttribute('aria-label') ?? element.textContent}`,
      ),
  );
}

/** Where the focus is, and whether a person sees it there (WCAG 2.4.7 and 2.4.11). */
function focusOn(page: Page): Promise<Stop | null> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || !element.matches('a[href], button, input')) return null;
    const { left, top, width, height } = element.getBoundingClientRect();
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    const front = document.elementFromPoint(left + width / 2, top + height / 2);
    return {
      name: `${element.localName} ${element.getAttribute('aria-label') ?? element.textContent}`,
      isOutlined: outlineStyle !== 'none' && outlineWidth === '3px',
      isSeen: front !== null && (element.contains(front) || front.contains(element)),
    };
  });
}

async function walk(page: Page): Promise<Stop[]> {
  const stops: Stop[] = [];
  const most = (await controlsOn(page)).length + 2;
  for (let step = 0; step < most; step++) {
    await page.keyboard.press('Tab');
    const stop = await focusOn(page);
    if (stop !== null && !stops.some(({ name }) => name === stop.name)) stops.push(stop);
  }
  return stops;
}

test('the keyboard reaches everything, and is seen wherever it is', async ({ app, page, rfb }) => {
  test.setTimeout(120_000);
  // Little room, so that what stays in its place may cover what has the focus.
  await page.setViewportSize({ width: 683, height: 384 });
  await page.emulateMedia({ reducedMotion: 'reduce' });
  for (const { name, open } of scenes.filter((scene) => visited.includes(scene.name))) {
    await test.step(name, async () => {
      await open({ app, page, rfb });
      await app.settled();
      // A dialog holds the toolbar; without one, it goes by itself.
      if (name === 'session-lost') await expect(page.getByRole('toolbar')).toBeHidden();
      const controls = await controlsOn(page);
      const stops = await walk(page);
      expect.soft(stops.map((stop) => stop.name).toSorted(), name).toEqual(controls.toSorted());
      expect
        .soft(
          stops.filter(({ isOutlined, isSeen }) => !(isOutlined && isSeen)),
          name,
        )
        .toEqual([]);
    });
  }
});

test('a dialog keeps the focus, and gives it back', async ({ app, page, rfb }) => {
  await app.open(stateNamed('desktops'));
  const end = page.getByRole('button', { name: 'End Workshop' });
  await end.press('Enter');
  const dialog = page.getByRole('alertdialog');
  for (let step = 0; step < 4; step++) {
    await page.keyboard.press('Tab');
    await expect(dialog.locator(':focus')).toHaveCount(1);
  }
  await page.keyboard.press('Escape');
  await expect(end).toBeFocused();

  await openLive(app, rfb);
  await expect(page.getByRole('application')).toBeFocused();
  await page.keyboard.press('Control+Alt+Shift');
  const last = page.getByRole('toolbar').getByRole('button', { name: 'End' });
  await last.press('Enter');
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(last).toBeFocused();
});

test('the keyboard gets from the desktop to what is laid over it', async ({ app, page, rfb }) => {
  await openLive(app, rfb);
  const ill = { ...session, problem: problem('disk-damaged') };
  await app.push(streaming(rfb.url, 1, { live: true, session: ill }));
  await expect(page.getByRole('application')).toBeFocused();
  // Tab is the desktop's.
  await page.keyboard.press('Tab');
  await expect(page.getByRole('application')).toBeFocused();
  await page.keyboard.press('Control+Alt+Shift');
  await page.keyboard.press('Shift+Tab');
  await expect(page.getByRole('alert').getByRole('button', { name: 'Close' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('application')).toBeFocused();
});
