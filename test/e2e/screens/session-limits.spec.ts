import type { Page } from '@playwright/test';
import { en } from '../../../renderer/text/en.ts';
import type { SessionPolicy } from '../../../src/contract/session-policy.ts';
import type { RfbServer } from './rfb-server.ts';
import { type App, expect, test } from './screens-test.ts';
import { canvas, openLive } from './session-picture.ts';
import { session, streaming } from './states.ts';

type Stage = { app: App; page: Page; rfb: RfbServer };

/**
 * A live picture under a policy, at a time that only the test moves on. Timers run as ever: the
 * stream would be taken for lost if they all came at once.
 * @returns moves the time on, in milliseconds
 */
async function openUnder({ app, page, rfb }: Stage, policy: Partial<SessionPolicy>, at: string) {
  let now = Date.parse(at);
  await page.clock.setFixedTime(now);
  await openLive(app, rfb);
  const governed = { ...session, policy: { ...session.policy, ...policy } };
  await app.push(streaming(rfb.url, 1, { live: true, session: governed }));
  return async (ms: number): Promise<void> => {
    now += ms;
    await page.clock.setFixedTime(now);
  };
}

const morning = '2026-05-04T10:42:00.000Z';

async function calls(app: App): Promise<string[]> {
  return (await app.calls()).map(({ name }) => name);
}

test('warns before the terminal locks, goes on after a key, and locks without one', async ({
  app,
  page,
  rfb,
}) => {
  const pass = await openUnder({ app, page, rfb }, { idleLockMinutes: 2 }, morning);
  const warning = page.getByRole('alert').filter({ hasText: en['warning.locks'] });
  await pass(61_000);
  await expect(warning).toBeVisible();

  await page.keyboard.press('Shift');
  await expect(warning).toHaveCount(0);
  expect(await calls(app)).not.toContain('lock');

  await pass(121_000);
  await expect.poll(() => calls(app)).toContain('lock');
});

test('tells three times of the end, of which each can be put away', async ({ app, page, rfb }) => {
  const pass = await openUnder({ app, page, rfb }, {}, '2026-05-04T22:26:30.000Z');
  const warning = page.getByRole('alert').filter({ hasText: en['warning.ends'] });
  await expect(warning).toHaveCount(0);
  for (const minutes of [1, 10, 4]) {
    await page.keyboard.press('Shift');
    await pass(minutes * 60_000);
    await page.keyboard.press('Shift');
    await expect(warning).toBeVisible();
    await warning.getByRole('button', { name: en['common.close'] }).click();
    await expect(warning).toHaveCount(0);
    await expect(page.locator(canvas)).toBeFocused();
  }
});

test('draws name and time over the picture where that is the policy', async ({
  app,
  page,
  rfb,
}) => {
  const pass = await openUnder({ app, page, rfb }, {}, morning);
  const watermark = page.locator('.watermark p').first();
  await expect(watermark).toHaveCount(0);
  await app.push(
    streaming(rfb.url, 1, {
      live: true,
      session: { ...session, policy: { ...session.policy, watermark: true } },
    }),
  );
  await expect(watermark).toContainText(/Ada Lovelace \(ada\) · .*10:42/);
  await pass(61_000);
  await expect(watermark).toContainText('10:43');

  // It takes nothing that is meant for the desktop.
  await page.mouse.click(400, 300);
  await expect.poll(() => rfb.buttons.length).toBeGreaterThan(0);
});
