import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from './screens-test.ts';
import { stateNamed } from './states.ts';

test('menus and dialogs: no violation', async ({ app, page }) => {
  await app.open(stateNamed('desktops'));
  await page.getByRole('button', { name: 'Language and appearance' }).click();
  await expect(page.getByRole('menu')).toBeVisible();
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'End Workshop' }).click();
  await expect(page.getByRole('alertdialog')).toHaveCSS('opacity', '1');
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
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
