import { expect, test } from '@playwright/test';
import { AdministratorBrowser } from '../../harness/administrator.ts';
import { TestTerminal } from '../../harness/app.ts';
import { TestBroker } from '../../harness/broker.ts';
import { type Display, startDisplay } from '../../harness/display.ts';
import { enterCredentials } from '../../harness/journey.ts';
import { scanQrCode } from '../../harness/qr-code.ts';

const root = {
  username: 'root',
  displayName: 'Root',
  password: 'correct horse',
  groups: ['administrators'],
};

/** One terminal's life with its broker, from the QR code to its revocation. */
test.describe.configure({ mode: 'serial' });

let display: Display;
let broker: TestBroker;
let terminal: TestTerminal;
let administrator: AdministratorBrowser;
let scanned: string;

test.beforeAll(async () => {
  display = await startDisplay();
  broker = await TestBroker.start();
  await broker.admin((admin) => admin.addUser(root));
  terminal = await TestTerminal.create(display);
  administrator = await AdministratorBrowser.open();
});

test.afterAll(async () => {
  for (const one of [administrator, terminal, broker, display]) await one?.dispose();
});

test('shows what an administrator needs, in a picture that a phone reads', async () => {
  const page = await terminal.open({ broker: broker.url, enroll: null, demo: null });
  await page.getByRole('button', { name: 'Enroll' }).click();
  scanned = await scanQrCode(page);
  const { origin, pathname, searchParams } = new URL(scanned);
  expect(`${origin}${pathname}`).toBe(`${broker.url}/enroll`);
  expect(searchParams.get('ca')).toBe(await broker.ca());
  await expect(page.getByText(searchParams.get('code') ?? '', { exact: true })).toBeVisible();
});

test('leads the administrator through signing in to this very terminal', async () => {
  const { page } = administrator;
  await page.goto(scanned);
  await enterCredentials(page, root);
  await expect(page.getByRole('heading', { name: 'Approve this terminal?' })).toBeVisible();
  await expect(page.getByText('speaks to this very broker')).toBeVisible();
  const fingerprint = await terminal.page.locator('.enrollment-facts dd').last().innerText();
  await expect(page.getByText(fingerprint)).toBeVisible();
  await expect(page.getByText('Keychain')).toBeVisible();
});

test('refuses when somebody sits between the terminal and its broker', async () => {
  const page = await administrator.page.context().newPage();
  const swapped = new URL(scanned);
  swapped.searchParams.set('ca', 'A'.repeat(43));
  await page.goto(swapped.href);
  await expect(page.getByRole('heading', { name: 'Stop: do not approve this' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Approve' })).toHaveCount(0);
  await page.close();
});

test('is enrolled into a group by one press, and goes on by itself', async () => {
  const { page } = administrator;
  await page.getByLabel(/New group/).fill('Reading room');
  await page.getByRole('button', { name: 'Approve' }).click();
  await expect(page.getByRole('heading', { name: /is approved/ })).toBeVisible();
  await expect(terminal.page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  const [listed] = await broker.admin((admin) => admin.listTerminals());
  expect(listed).toMatchObject({
    id: new URL(scanned).searchParams.get('key'),
    group: { name: 'Reading room' },
    vault: 'keychain',
    enrolledBy: 'root',
  });
});

test('is still enrolled after a restart', async () => {
  await terminal.close();
  const page = await terminal.open();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
});

test('is out within seconds once it is revoked', async () => {
  const { page } = administrator;
  await page.goto(`${broker.url}/terminals`);
  await page.getByRole('link', { name: /^Revoke/ }).click();
  await page.getByRole('button', { name: 'Revoke this terminal' }).click();
  // Whoever touches it finds it so; left alone it asks by itself before long.
  await terminal.page.getByRole('button', { name: 'Sign in' }).click();
  await expect(terminal.page.getByRole('heading', { name: 'Enroll this terminal' })).toBeVisible();
  await expect(terminal.page.getByRole('alert')).toContainText('does not know this terminal');
});
