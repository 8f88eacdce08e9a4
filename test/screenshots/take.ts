// `npm run screenshots`: takes the pictures of the README, in the packaged app on a real guest.
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { TestTerminal } from '../harness/app.ts';
import { TestBroker } from '../harness/broker.ts';
import { startDisplay } from '../harness/display.ts';

const folder = path.resolve(import.meta.dirname, '../../docs/images');
const user = { username: 'ada', displayName: 'Ada Lovelace', password: randomUUID() };
const startLimitMs = 120_000;

const display = await startDisplay();
const broker = await TestBroker.start();
const terminal = await TestTerminal.create(display);
try {
  await mkdir(folder, { recursive: true });
  await prepare();
  const { code } = await broker.admin((admin) => admin.issueEnrollmentCode());
  const page = await terminal.open({ broker: broker.url, code, demo: null });
  await page.getByRole('button', { name: 'Enroll' }).click();
  await page.getByLabel('User name').fill(user.username);
  await page.getByRole('textbox', { name: 'Password' }).fill(user.password);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Connect to Harbour' }).click();
  await live(page);
  await take(page, 'session');

  await page.keyboard.press('Control+Alt+Shift');
  await page.getByRole('button', { name: /^Disconnect/ }).click();
  await page.getByRole('img', { name: 'The screen of Harbour now' }).waitFor();
  await take(page, 'desktops');
} finally {
  for (const one of [terminal, broker, display]) await one.dispose();
}

async function prepare(): Promise<void> {
  const desktop = { image: 'porthole-desktop', memoryMb: 384, cpus: 1, users: [user.username] };
  await broker.admin(async (admin) => {
    await admin.addUser(user);
    await admin.addDesktop({
      ...desktop,
      name: 'Harbour',
      description: 'A light desktop that starts quickly',
      engine: 'para',
    });
    await admin.addDesktop({
      ...desktop,
      name: 'Lighthouse',
      description: 'The same desktop on emulated standard hardware',
      engine: 'full',
    });
  });
}

async function live(page: Page): Promise<void> {
  await page.locator('.session[data-picture=live]').waitFor({ timeout: startLimitMs });
}

async function take(page: Page, name: string): Promise<void> {
  const file = path.join(folder, `${name}.png`);
  await page.screenshot({ path: file, animations: 'disabled' });
  process.stdout.write(`${path.relative(process.cwd(), file)}\n`);
}
