// `npm run screenshots`: takes the pictures of the README, in the packaged app on a real guest.
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { AdministratorBrowser } from '../harness/administrator.ts';
import { TestTerminal } from '../harness/app.ts';
import { TestBroker } from '../harness/broker.ts';
import { startDisplay } from '../harness/display.ts';
import { addHarbour, enterCredentials, openToolbar, waitForPicture } from '../harness/journey.ts';
import { scanQrCode } from '../harness/qr-code.ts';

const folder = path.resolve(import.meta.dirname, '../../docs/images');
const user = { username: 'ada', displayName: 'Ada Lovelace', password: randomUUID() };
const root = {
  username: 'root',
  displayName: 'Root',
  password: randomUUID(),
  groups: ['administrators'],
};

const display = await startDisplay();
const broker = await TestBroker.start();
const terminal = await TestTerminal.create(display);
const administrator = await AdministratorBrowser.open();
try {
  await mkdir(folder, { recursive: true });
  await addHarbour(broker, [user]);
  await addOtherPools();
  await broker.admin((admin) => admin.addUser(root));
  const page = await terminal.open({ broker: broker.url, enroll: null, demo: null });
  await page.getByRole('button', { name: 'Enroll' }).click();
  const approval = await scanQrCode(page);
  await take(page, 'enroll');
  await approve(approval);
  await signIn(page);
  await page.getByRole('button', { name: 'Connect to Harbour' }).click();
  await waitForPicture(page);
  await take(page, 'session');

  await openToolbar(page);
  await page.getByRole('button', { name: /^Disconnect/ }).click();
  await page.getByRole('img', { name: 'The screen of Harbour now' }).waitFor();
  await take(page, 'desktops');
} finally {
  for (const one of [administrator, terminal, broker, display]) await one.dispose();
}

async function addOtherPools(): Promise<void> {
  const shared = {
    image: 'porthole-desktop',
    memoryMb: 384,
    cpus: 1,
    users: [user.username],
  };
  await broker.admin(async (admin) => {
    await admin.addPool({
      ...shared,
      name: 'Lighthouse',
      description: 'The same desktop on emulated standard hardware',
      engine: 'full',
      instantClones: false,
    });
    await admin.addPool({
      ...shared,
      name: 'Mooring',
      description: 'The same desktop without a machine of its own',
      engine: 'os-level',
    });
  });
}

async function approve(address: string): Promise<void> {
  const { page } = administrator;
  await page.goto(address);
  await enterCredentials(page, root);
  const button = page.getByRole('button', { name: 'Approve' });
  await button.waitFor();
  await take(page, 'approve');
  await button.click();
}

async function signIn(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign in' }).click();
  const signInPage = await terminal.signInPage();
  await signInPage.getByLabel('Password').waitFor();
  await take(signInPage, 'sign-in');
  await enterCredentials(signInPage, user);
}

async function take(page: Page, name: string): Promise<void> {
  const file = path.join(folder, `${name}.png`);
  await page.screenshot({ path: file, animations: 'disabled' });
  process.stdout.write(`${path.relative(process.cwd(), file)}\n`);
}
