import { problem } from '../../../src/contract/errors.ts';
import { expect, test } from './screens-test.ts';
import { desktops, stateNamed } from './states.ts';

test('enrolls by keyboard alone, with a code typed any way', async ({ app, page }) => {
  await app.open(stateNamed('enroll'));
  await expect(page.getByLabel('Address of the broker')).toBeFocused();
  await page.keyboard.type('https://broker.example');
  await page.keyboard.press('Tab');
  await page.keyboard.type('k7qm 3xrt');
  await expect(page.getByLabel('One-time code')).toHaveValue('K7QM-3XRT');
  await page.keyboard.press('Enter');
  await app.expectCalls({
    name: 'enroll',
    argument: { broker: 'https://broker.example', code: 'K7QM-3XRT' },
  });
});

test('an offer is filled in and needs one key', async ({ app, page }) => {
  await app.open(stateNamed('enroll-offer'));
  await expect(page.getByLabel('One-time code')).toHaveValue('K7QM-3XRT');
  await page.keyboard.press('Enter');
  await app.expectCalls({
    name: 'enroll',
    argument: { broker: 'http://127.0.0.1:7600', code: 'K7QM-3XRT' },
  });
});

test('a code can be mended in its middle', async ({ app, page }) => {
  await app.open(stateNamed('enroll-problem'));
  const code = page.getByLabel('One-time code');
  await code.focus();
  await page.keyboard.press('Home');
  for (const _ of 'K7') await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Delete');
  await page.keyboard.type('z');
  await expect(code).toHaveValue('K7ZM-3XRT');
  await page.keyboard.type('y');
  await expect(code).toHaveValue('K7ZY-M3XR-T');
});

test('what was typed stays when the code is refused', async ({ app, page }) => {
  await app.open(stateNamed('enroll-offer'));
  await app.push(stateNamed('enrolling'));
  await expect(page.getByRole('button', { name: 'Cancel' })).toBeVisible();
  await app.push(stateNamed('enroll-problem'));
  await expect(page.getByRole('alert')).toContainText('already used');
  await expect(page.getByLabel('Address of the broker')).toHaveValue('http://127.0.0.1:7600');
});

test('signs in by keyboard alone', async ({ app, page }) => {
  await app.open(stateNamed('sign-in'));
  await page.keyboard.type('ada');
  await page.keyboard.press('Tab');
  await page.keyboard.type('correct horse');
  await page.keyboard.press('Enter');
  await app.expectCalls({
    name: 'signIn',
    argument: { username: 'ada', password: 'correct horse' },
  });
});

test('a password can be looked at', async ({ app, page }) => {
  await app.open(stateNamed('sign-in'));
  const password = page.getByLabel('Password', { exact: true });
  await expect(password).toHaveAttribute('type', 'password');
  await page.getByRole('button', { name: 'Show password' }).press('Enter');
  await expect(password).toHaveAttribute('type', 'text');
});

test('forgets an enrollment only when asked twice', async ({ app, page }) => {
  await app.open(stateNamed('sign-in'));
  await page.getByRole('button', { name: 'Use another broker' }).press('Enter');
  await expect(page.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Escape');
  expect(await app.calls()).toEqual([]);
  await page.getByRole('button', { name: 'Use another broker' }).press('Enter');
  await page.getByRole('button', { name: 'Forget it' }).press('Enter');
  await app.expectCalls({ name: 'forgetEnrollment', argument: undefined });
});

test('unlocks', async ({ app, page }) => {
  await app.open(stateNamed('locked'));
  await page.keyboard.type('correct horse');
  await page.keyboard.press('Enter');
  await app.expectCalls({ name: 'unlock', argument: { password: 'correct horse' } });
});

test('goes on without a keychain, or tries again', async ({ app, page }) => {
  await app.open(stateNamed('blocked'));
  await page.getByRole('button', { name: 'Try again' }).press('Enter');
  await page.getByRole('button', { name: 'Go on without a keychain' }).press('Enter');
  await app.expectCalls(
    { name: 'retryNow', argument: undefined },
    { name: 'useMemoryVault', argument: undefined },
  );
});

test('connects and ends from the tiles', async ({ app, page }) => {
  await app.open(stateNamed('desktops'));
  await page.getByRole('button', { name: 'Connect to Accounting' }).press('Enter');
  await page.getByRole('button', { name: 'End Workshop' }).press('Enter');
  await page.getByRole('button', { name: 'End desktop' }).press('Enter');
  await app.expectCalls(
    { name: 'connect', argument: { desktopId: desktops[1]?.id } },
    { name: 'endSession', argument: { sessionId: desktops[0]?.session?.id } },
  );
});

test('shows the live picture of a running desktop, and a drawing where there is none', async ({
  app,
  page,
}) => {
  await app.open(stateNamed('desktops'));
  await expect(page.getByRole('img', { name: 'The screen of Workshop now' })).toBeVisible();
  await app.settled();
  await expect(page.getByRole('img', { name: /Laboratory/ })).toHaveCount(0);
  await expect(page.locator('.tile-drawing')).toHaveCount(3);
});

test('the way to a desktop is shown in steps and can be left', async ({ app, page }) => {
  await app.open(stateNamed('connecting'));
  await expect(page.getByRole('progressbar')).toHaveAttribute('aria-valuenow', /\d/);
  await expect(page.locator('[aria-current=step]')).toContainText('Booting the system');
  await page.getByRole('button', { name: 'Cancel' }).press('Enter');
  await app.expectCalls({ name: 'cancel', argument: undefined });
});

test('starts again or goes back when it has ended', async ({ app, page }) => {
  await app.open(stateNamed('ended'));
  await expect(page.getByRole('button', { name: 'Start it again' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await app.expectCalls(
    { name: 'connect', argument: { desktopId: desktops[0]?.id } },
    { name: 'cancel', argument: undefined },
  );
});

test('language and theme change at once and are kept', async ({ app, page }) => {
  await app.open(stateNamed('sign-in'));
  await page.getByRole('button', { name: 'Language and appearance' }).press('Enter');
  await page.getByRole('menuitemradio', { name: 'Dark' }).press('Enter');
  await expect(page.locator('html')).toHaveCSS('color-scheme', 'dark');
  await page.getByRole('button', { name: 'Language and appearance' }).press('Enter');
  await page.getByRole('menuitemradio', { name: 'العربية' }).press('Enter');
  await expect(page.getByRole('heading', { name: 'تسجيل الدخول' })).toBeVisible();
  await app.expectCalls(
    { name: 'setPreferences', argument: { language: null, theme: 'dark' } },
    { name: 'setPreferences', argument: { language: 'ar', theme: 'dark' } },
  );
});

test('locks and signs out from the menu of the user', async ({ app, page }) => {
  await app.open(stateNamed('desktops'));
  for (const item of ['Lock', 'Sign out']) {
    await page.getByRole('button', { name: 'Account of Ada Lovelace' }).press('Enter');
    await page.getByRole('menuitem', { name: item }).press('Enter');
  }
  await app.expectCalls(
    { name: 'lock', argument: undefined },
    { name: 'signOut', argument: undefined },
  );
});

test('tells of a wish that was refused', async ({ app, page }) => {
  await app.open(stateNamed('desktops'));
  await app.refuse('connect', problem('not-possible-now'));
  await page.getByRole('button', { name: 'Connect to Accounting' }).press('Enter');
  await expect(page.getByRole('alert')).toContainText('cannot be done at the moment');
  await page.getByRole('button', { name: 'Close' }).press('Enter');
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('leaves a way out when the app does not answer', async ({ app, page, origin }) => {
  app.tolerate(/internal-error/);
  await page.addInitScript((failure) => {
    const refuse = async () => ({ ok: false, problem: failure });
    Object.assign(window, {
      porthole: { getState: refuse, getAppInfo: refuse, getPreferences: refuse },
    });
  }, problem('internal-error'));
  await page.goto(origin);
  await expect(page.getByRole('button', { name: 'Load again' })).toBeVisible();
});

test('leaves for another broker when the first is gone for good', async ({ app, page }) => {
  await app.open(stateNamed('starting-retry'));
  await page.getByRole('button', { name: 'Try now' }).press('Enter');
  await page.getByRole('button', { name: 'Use another broker' }).press('Enter');
  await page.getByRole('button', { name: 'Forget it' }).press('Enter');
  await app.expectCalls(
    { name: 'retryNow', argument: undefined },
    { name: 'forgetEnrollment', argument: undefined },
  );
});

test('outside of the app it says so', async ({ page, origin }) => {
  await page.goto(origin);
  await expect(page.getByText('inside the Porthole app only')).toBeVisible();
});
