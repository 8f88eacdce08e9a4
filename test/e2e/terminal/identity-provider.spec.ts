import { expect, type Page, test } from '@playwright/test';
import { Secret, TOTP } from 'otpauth';
import { TestTerminal } from '../../harness/app.ts';
import { TestBroker } from '../../harness/broker.ts';
import { type Display, startDisplay } from '../../harness/display.ts';
import { addHarbour, openEnrolled, signIn } from '../../harness/journey.ts';
import { type Organization, startOrganization } from '../../harness/organization.ts';

const ada = { username: 'ada', displayName: 'Ada', password: 'correct horse' };

/**
 * People whom another OpenID provider vouches for, and one with a second factor, at one terminal.
 * The provider has another host name than the broker, so that its cookies are those of another site.
 */
test.describe.configure({ mode: 'serial' });

let display: Display;
let organization: Organization;
let broker: TestBroker;
let terminal: TestTerminal;

test.beforeAll(async () => {
  display = await startDisplay();
  organization = await startOrganization(
    new Map([['grace', { name: 'Grace Hopper', groups: ['engineers', 'sailors'] }]]),
  );
  broker = await TestBroker.start({ identityProviders: [organization.identityProvider] });
  organization.admit(broker.url);
  await addHarbour(broker, []);
  await broker.admin(async (admin) => {
    await admin.addUser({ ...ada, secondFactor: 'required' });
    await admin.addGroup({
      name: 'Crew',
      pools: ['Harbour'],
      claims: [{ identityProvider: organization.identityProvider.id, value: 'sailors' }],
    });
  });
  terminal = await TestTerminal.create(display);
});

test.afterAll(async () => {
  for (const one of [terminal, broker, organization, display]) await one?.dispose();
});

/** At the organization's pages, where any password is right. */
async function signInAtTheNavy(form: Page, name: string): Promise<void> {
  await form.getByRole('link', { name: 'Sign in with the Navy' }).click();
  await form.getByPlaceholder('Enter any login').fill(name);
  expect(new URL(form.url()).origin).toBe(organization.signInOrigin);
  await form.getByPlaceholder('and password').fill('any');
  await form.getByRole('button', { name: 'Sign-in' }).click();
  await form.getByRole('button', { name: 'Continue' }).click();
}

test('a person signs in by their organization, and their groups give them a desktop', async () => {
  const page = await openEnrolled(broker, terminal);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await signInAtTheNavy(await terminal.signInPage(), 'grace');
  await expect(page.getByRole('button', { name: 'Connect to Harbour' })).toBeVisible();
  const accounts = await broker.admin((admin) => admin.listUsers());
  expect(accounts.find(({ username }) => username === 'grace')).toMatchObject({
    displayName: 'Grace Hopper',
    identityProvider: 'navy',
    groups: [{ name: 'Crew' }, { name: 'everyone' }],
  });
});

test('they unlock the terminal by their organization, and nobody else does', async () => {
  const { page } = terminal;
  await lock(page);
  await page.getByRole('button', { name: 'Unlock' }).click();
  const form = await terminal.signInPage();
  await signInAtTheNavy(form, 'edward');
  await expect(form.getByRole('alert')).toContainText('did not let you in');
  // The organization remembers who signed in, as long as the window is open.
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('heading', { name: 'Locked' })).toBeVisible();

  await page.getByRole('button', { name: 'Unlock' }).click();
  await signInAtTheNavy(await terminal.signInPage(), 'grace');
  await expect(page.getByRole('button', { name: 'Connect to Harbour' })).toBeVisible();
  await signOut(page);
});

test('a second factor is set up in the window, and asked for from then on', async () => {
  const { page } = terminal;
  await signIn(terminal, ada);
  const form = await terminal.signInPage();
  const secret = await form.locator('.code').innerText();
  const totp = new TOTP({ secret: Secret.fromBase32(secret.replaceAll(/\s/g, '')) });
  await form.getByLabel('Six-digit code').fill(totp.generate());
  await form.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Nothing on the horizon yet' })).toBeVisible();
  await signOut(page);

  await signIn(terminal, ada);
  const again = await terminal.signInPage();
  await again.getByLabel('Six-digit code').fill('000000');
  await again.keyboard.press('Enter');
  await expect(again.getByRole('alert')).toBeVisible();
  // None is good twice; that of the next half minute is taken early.
  const next = totp.generate({ timestamp: Date.now() + 30_000 });
  await again.getByLabel('Six-digit code').fill(next);
  await again.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Nothing on the horizon yet' })).toBeVisible();
});

async function lock(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Account of Grace' }).click();
  await page.getByRole('menuitem', { name: 'Lock' }).click();
  await expect(page.getByRole('heading', { name: 'Locked' })).toBeVisible();
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Account of' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
}
