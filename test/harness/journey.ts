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
    await admin.addPool({
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

/** Opens a terminal that enrolls by itself, and goes with it to the list of desktops. */
export async function enrollAndSignIn(
  broker: TestBroker,
  terminal: TestTerminal,
  person: Person,
): Promise<Page> {
  const page = await openEnrolled(broker, terminal);
  await signIn(terminal, person);
  await page.getByRole('button', { name: 'Connect to Harbour' }).waitFor();
  return page;
}

/** Opens a terminal that enrolls by itself, and waits until somebody can sign in. */
export async function openEnrolled(broker: TestBroker, terminal: TestTerminal): Promise<Page> {
  const { token } = await broker.admin((admin) =>
    admin.createEnrollmentToken({ label: 'Test', uses: 1, expiresInSeconds: 600 }),
  );
  const enroll = { token, ca: await broker.ca() };
  const page = await terminal.open({ broker: broker.url, enroll, demo: null });
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  return page;
}

/** Opens the broker's page from the sign-in screen and answers it. */
export async function signIn(terminal: TestTerminal, person: Person): Promise<void> {
  await terminal.page.getByRole('button', { name: 'Sign in' }).click();
  await enterCredentials(await terminal.signInPage(), person);
}

/** At the broker's sign-in page, on which the name is fixed when a terminal is unlocked. */
export async function enterCredentials(
  page: Page,
  { username, password }: Pick<Person, 'username' | 'password'>,
): Promise<void> {
  await page.getByLabel('Password').waitFor();
  const name = page.getByLabel('User name');
  if (await name.isVisible()) await name.fill(username);
  await page.getByLabel('Password').fill(password);
  await page.keyboard.press('Enter');
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
