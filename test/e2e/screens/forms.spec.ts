import { problem } from '../../../src/contract/errors.ts';
import { expect, test, untouchedPreferences } from './screens-test.ts';
import { desktops, stateNamed } from './states.ts';

test('enrolls by keyboard alone', async ({ app, page }) => {
  await app.open(stateNamed('enroll'));
  await expect(page.getByLabel('Address of the broker')).toBeFocused();
  await page.keyboard.type(' https://broker.example');
  await page.keyboard.press('Enter');
  await app.expectCalls({ name: 'enroll', argument: { broker: 'https://broker.example' } });
});

test('an offer is filled in and needs one key', async ({ app, page }) => {
  await app.open(stateNamed('enroll-offer'));
  await expect(page.getByLabel('Address of the broker')).toHaveValue('https://broker.example');
  await page.keyboard.press('Enter');
  await app.expectCalls({ name: 'enroll', argument: { broker: 'https://broker.example' } });
});

test('what was typed stays when the request is refused', async ({ app, page }) => {
  await app.open(stateNamed('enroll'));
  await page.keyboard.type('https://typed.example');
  await app.push(stateNamed('enrolling-contacting'));
  await expect(page.getByRole('button', { name: 'Cancel' })).toBeVisible();
  await app.push(stateNamed('enroll-problem'));
  await expect(page.getByRole('alert')).toContainText('was refused');
  await expect(page.getByLabel('Address of the broker')).toHaveValue('https://typed.example');
});

test('the request can be compared, read out and given up', async ({ app, page }) => {
  await app.open(stateNamed('enrolling-request'));
  const card = page.locator('.entry-card');
  await expect(card).toContainText('approve the terminal “test”');
  await expect(card).toContainText('Code: B, C, D, F, G, H, J, K');
  await expect(card).toContainText('https://broker.example/enroll');
  await expect(card).toContainText('e3b0 c442 98fc 1c14 9afb');
  await expect(page.getByRole('timer')).toHaveText('Good for another 10 minutes');
  await page.getByRole('button', { name: 'Cancel' }).press('Enter');
  await app.expectCalls({ name: 'cancel', argument: undefined });
});

test('a terminal that enrolls by itself says when it tries again', async ({ app, page }) => {
  await app.open(stateNamed('enrolling-retry'));
  await expect(page.getByText('enrolls by itself')).toBeVisible();
  await expect(page.getByRole('timer')).toContainText('Next try in');
  await page.getByRole('button', { name: 'Try now' }).press('Enter');
  await app.expectCalls({ name: 'retryNow', argument: undefined });
});

test('signs in by one key', async ({ app, page }) => {
  await app.open(stateNamed('sign-in'));
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeFocused();
  await page.keyboard.press('Enter');
  await app.expectCalls({ name: 'signIn', argument: undefined });
});

for (const [name, title] of [
  ['signing-in', 'Sign in at broker.example'],
  ['unlocking', 'Ada Lovelace, sign in to unlock'],
] as const) {
  test(`${name} leaves the window to the page but for a strip`, async ({ app, page }) => {
    await app.open(stateNamed(name));
    await expect(page.getByRole('heading', { name: title })).toBeVisible();
    for (const width of [683, 1366, 3840]) {
      await page.setViewportSize({ width, height: 768 });
      const strip = await page.locator('.page-strip').boundingBox();
      expect(strip).toEqual({ x: 0, y: 0, width, height: 56 });
    }
    await page.getByRole('button', { name: 'Cancel' }).press('Enter');
    await page.keyboard.press('Escape');
    await app.expectCalls(
      { name: 'cancel', argument: undefined },
      { name: 'cancel', argument: undefined },
    );
  });
}

test('a terminal with its own account says when it tries again', async ({ app, page }) => {
  await app.open(stateNamed('account'));
  await expect(page.getByRole('heading', { name: 'signs in by itself' })).toBeVisible();
  await app.push(stateNamed('account-retry'));
  await expect(page.getByRole('timer')).toContainText('Next try in');
  await page.getByRole('button', { name: 'Try now' }).press('Enter');
  await app.expectCalls({ name: 'retryNow', argument: undefined });
});

for (const [vault, words] of [
  ['file', 'encrypted file that works on this machine only'],
  ['memory', 'until Porthole is closed'],
] as const) {
  test(`says that the key is kept in the vault "${vault}"`, async ({ app, page }) => {
    await app.open(stateNamed('sign-in'), { info: { vault } });
    await expect(page.getByText(words)).toBeVisible();
  });
}

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

test('unlocks by one key', async ({ app, page }) => {
  await app.open(stateNamed('locked'));
  await expect(page.getByRole('button', { name: 'Unlock' })).toBeFocused();
  await page.keyboard.press('Enter');
  await app.expectCalls({ name: 'unlock', argument: undefined });
});

test('a broker with another key is left only when asked twice', async ({ app, page }) => {
  await app.open(stateNamed('blocked-key-changed'));
  await expect(page.getByText('Ask your administrator before anything else')).toBeVisible();
  await page.getByRole('button', { name: 'Try again' }).press('Enter');
  await page.getByRole('button', { name: 'Enroll anew' }).press('Enter');
  const dialog = page.getByRole('alertdialog');
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await dialog.getByRole('button', { name: 'Enroll anew' }).press('Enter');
  await app.expectCalls(
    { name: 'retryNow', argument: undefined },
    { name: 'forgetEnrollment', argument: undefined },
  );
});

test('names the vault that cannot be used', async ({ app, page }) => {
  await app.open(stateNamed('blocked'), { info: { vault: 'file' } });
  await expect(page.getByText('a file that only this machine can decrypt')).toBeVisible();
  await expect(page.getByText('keychain of the system')).toHaveCount(0);
});

for (const name of ['sign-in', 'starting-retry', 'account-retry'] as const) {
  test(`leaves a managed terminal with its broker: ${name}`, async ({ app, page }) => {
    await app.open(stateNamed(name), { info: { managed: true } });
    await expect(page.getByRole('button', { name: 'Use another broker' })).toHaveCount(0);
  });
}

for (const name of ['enrolling-contacting', 'enrolling-retry'] as const) {
  test(`lets nobody stop a managed terminal from enrolling: ${name}`, async ({ app, page }) => {
    await app.open(stateNamed(name), { info: { managed: true } });
    await expect(page.getByRole('button', { name: 'Cancel' })).toHaveCount(0);
  });
}

test('goes on without a keychain, or tries again', async ({ app, page }) => {
  await app.open(stateNamed('blocked'));
  await page.getByRole('button', { name: 'Try again' }).press('Enter');
  await page.getByRole('button', { name: 'Go on without' }).press('Enter');
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
  await expect(page.locator('.tile-drawing')).toHaveCount(desktops.length);
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
    { name: 'setPreferences', argument: { ...untouchedPreferences, theme: 'dark' } },
    {
      name: 'setPreferences',
      argument: { ...untouchedPreferences, language: 'ar', theme: 'dark' },
    },
  );
});

test('the text takes the size that was chosen, and it is kept', async ({ app, page }) => {
  await app.open(stateNamed('sign-in'));
  const size = () =>
    page.evaluate(() => Number.parseFloat(getComputedStyle(document.documentElement).fontSize));
  const before = await size();
  await page.getByRole('button', { name: 'Language and appearance' }).press('Enter');
  await page.getByRole('menuitemradio', { name: '200%' }).press('Enter');
  expect(await size()).toBeCloseTo(2 * before, 1);
  await app.expectCalls({
    name: 'setPreferences',
    argument: { ...untouchedPreferences, textSize: 200 },
  });
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
