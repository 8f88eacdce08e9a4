// `npm run screenshots`: takes the pictures of the README, in the packaged app on a real guest.
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { TestTerminal } from '../harness/app.ts';
import { TestBroker } from '../harness/broker.ts';
import { startDisplay } from '../harness/display.ts';
import { addHarbour, enrollAndSignIn, openToolbar, waitForPicture } from '../harness/journey.ts';

const folder = path.resolve(import.meta.dirname, '../../docs/images');
const user = { username: 'ada', displayName: 'Ada Lovelace', password: randomUUID() };

const display = await startDisplay();
const broker = await TestBroker.start();
const terminal = await TestTerminal.create(display);
try {
  await mkdir(folder, { recursive: true });
  await addHarbour(broker, [user]);
  await addLighthouse();
  const page = await enrollAndSignIn(broker, terminal, user);
  await page.getByRole('button', { name: 'Connect to Harbour' }).click();
  await waitForPicture(page);
  await take(page, 'session');

  await openToolbar(page);
  await page.getByRole('button', { name: /^Disconnect/ }).click();
  await page.getByRole('img', { name: 'The screen of Harbour now' }).waitFor();
  await take(page, 'desktops');
} finally {
  for (const one of [terminal, broker, display]) await one.dispose();
}

async function addLighthouse(): Promise<void> {
  await broker.admin((admin) =>
    admin.addDesktop({
      name: 'Lighthouse',
      description: 'The same desktop on emulated standard hardware',
      image: 'porthole-desktop',
      engine: 'full',
      memoryMb: 384,
      cpus: 1,
      users: [user.username],
    }),
  );
}

async function take(page: Page, name: string): Promise<void> {
  const file = path.join(folder, `${name}.png`);
  await page.screenshot({ path: file, animations: 'disabled' });
  process.stdout.write(`${path.relative(process.cwd(), file)}\n`);
}
