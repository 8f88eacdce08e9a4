import type { Page } from '@playwright/test';
import type { TestTerminal } from './app.ts';
import type { TestBroker } from './broker.ts';

/** What a person does on the way to their desktop, and back. */
export type Person = { username: string; displayName: string; password: string };

/** A guest starts in about 10 s under software emulation, and two share the cores. */
const startLimitMs = 120_000;

/** Puts people and the desktop that all of them may use into the broker's store. */
export async function addHarbour(broker: TestBroker, people: readonly Person[]): Promise<void> {
  await broker.admin(async (admin) => {
    for (const person of people) await admin.addUser(person);
    await admin.addDesktop({
      name: 'Harbour',
      description: 'A light desktop that starts quickly',
      image: 'porthole-desktop',
      engine: 'para',
      memoryMb: 384,
      cpus: 1,
      users: people.map(({ username }) => username),
    });
  });
}

/** Opens a terminal and goes with it to the list of desktops. */
export async function enrollAndSignIn(
  broker: TestBroker,
  terminal: TestTerminal,
  { username, password }: Person,
): Promise<Page> {
  const { code } = await broker.admin((admin) => admin.issueEnrollmentCode());
  const page = await terminal.open({ broker: broker.url, code, demo: null });
  await page.getByRole('button', { name: 'Enroll' }).click();
  await page.getByLabel('User name').fill(username);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Connect to Harbour' }).waitFor();
  return page;
}

/** The picture moves: the stream is open and its first frame painted. */
export async function waitForPicture(page: Page): Promise<void> {
  await page.locator('.session[data-picture=live]').waitFor({ timeout: startLimitMs });
}

export async function openToolbar(page: Page): Promise<void> {
  await page.keyboard.press('Control+Alt+Shift');
}

/** Ends the session that is on the screen, and its desktop with it. */
export async function endSession(page: Page): Promise<void> {
  await openToolbar(page);
  await page.getByRole('button', { name: 'End', exact: true }).click();
  await page.getByRole('button', { name: 'End desktop' }).click();
  await page.getByRole('heading', { name: 'Harbour has ended' }).waitFor();
}
