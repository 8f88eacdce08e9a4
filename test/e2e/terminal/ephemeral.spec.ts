import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect, test } from '@playwright/test';
import { TestTerminal } from '../../harness/app.ts';
import { TestBroker } from '../../harness/broker.ts';
import { type Display, startDisplay } from '../../harness/display.ts';
import { openTypewriter } from '../../harness/guest-screen.ts';
import {
  addHarbour,
  enrollAndSignIn,
  openToolbar,
  signIn,
  waitForPicture,
} from '../../harness/journey.ts';
import { filesWith, holdsAny } from '../../harness/profile-files.ts';

const canary = (what: string) => `${what}-${randomUUID().slice(0, 13)}`;

/** Words that are nowhere else, in every place where a user leaves something of theirs. */
const user = {
  username: canary('name'),
  displayName: canary('display'),
  password: canary('password'),
};
const typed = canary('typed');
const copied = canary('copied');
const canaries = [...Object.values(user), typed, copied];

const startedAt = Date.now();

/** A user's hour at a terminal, after which nothing of them is on it. */
test.describe.configure({ mode: 'serial' });

let display: Display;
let broker: TestBroker;
let terminal: TestTerminal;

test.beforeAll(async () => {
  display = await startDisplay();
  broker = await TestBroker.start();
  await addHarbour(broker, [user]);
  terminal = await TestTerminal.create(display);
});

test.afterAll(async () => {
  for (const one of [terminal, broker, display]) await one?.dispose();
});

test('somebody signs in, works and copies', async () => {
  const page = await enrollAndSignIn(broker, terminal, user);
  await page.getByRole('button', { name: 'Connect to Harbour' }).click();
  await waitForPicture(page);
  const [session] = await broker.admin((admin) => admin.listSessions());
  await broker.inGuest(session?.id ?? '', (guest) =>
    openTypewriter(guest, { at: { x: 60, y: 120 }, file: '/tmp/typed' }),
  );
  await page.locator('.session canvas').focus();
  await page.keyboard.type(typed, { delay: 30 });
  await copy();
});

test('while they work, no secret of theirs is on a disk, in a vault or in arguments', async () => {
  const secrets = [user.password, typed];
  expect(await filesWith(terminal.home, secrets)).toEqual([]);
  expect(await processesWith(secrets)).toEqual([]);
  expect(await sharedFilesWith(secrets)).toEqual([]);
  expect(holdsAny(Buffer.from(await terminal.readVault()), canaries)).toBe(false);
});

test('once they have signed out, nothing of them is left', async () => {
  const { page } = terminal;
  await openToolbar(page);
  await page.getByRole('button', { name: 'Disconnect' }).click();
  await page.getByRole('button', { name: user.displayName }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await expectNothingLeft();
  expect((await clipboards()).join()).not.toContain(copied);
});

test('the next one finds the sign-in page as new', async () => {
  await terminal.page.getByRole('button', { name: 'Sign in' }).click();
  const form = await terminal.signInPage();
  await expect(form.getByLabel('User name')).toHaveValue('');
  expect(await form.context().cookies()).not.toContainEqual(
    expect.objectContaining({ name: expect.stringMatching(/session$/) }),
  );
  await terminal.page.getByRole('button', { name: 'Cancel' }).click();
});

test('nor when its page crashed, and it was switched off in the middle of their work', async () => {
  await signIn(terminal, user);
  await terminal.page.getByRole('button', { name: 'Connect to Harbour' }).waitFor();
  // A dump of the page would hold all that it showed.
  await terminal.app.evaluate(
    ({ BrowserWindow }) =>
      new Promise<void>((resolve) => {
        const page = BrowserWindow.getAllWindows()[0]?.webContents;
        page?.once('render-process-gone', () => resolve());
        page?.forcefullyCrashRenderer();
      }),
  );
  await terminal.close();
  await expectNothingLeft();
});

/** As a user does, in the window; and what they select is copied without their asking. */
function copy(): Promise<void> {
  return terminal.app.evaluate(async ({ clipboard }, text) => {
    // Earlier versions of Electron have one clipboard, which takes the name of the other.
    const earlier = clipboard as { writeText(text: string, type?: string): unknown };
    await clipboard.writeText(text);
    await (clipboard.selection?.writeText(text) ?? earlier.writeText(text, 'selection'));
  }, copied);
}

async function expectNothingLeft(): Promise<void> {
  expect(await filesWith(terminal.home, canaries)).toEqual([]);
  expect(await sharedFilesWith(canaries)).toEqual([]);
  expect(await processesWith(canaries)).toEqual([]);
  expect(holdsAny(Buffer.from(await terminal.readVault()), canaries)).toBe(false);
}

/** Where all programs of a machine may write; the broker, which knows its users, is in one of them. */
async function sharedFilesWith(words: readonly string[]): Promise<string[]> {
  const search = { without: [dirname(broker.folders.dataDir)], since: startedAt };
  const found = ['/tmp', '/dev/shm', '/var/tmp'].map((folder) => filesWith(folder, words, search));
  return (await Promise.all(found)).flat();
}

/** Arguments and environments of all processes but our own (proc(5)). */
async function processesWith(words: readonly string[]): Promise<string[]> {
  const guilty: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) continue;
    for (const file of ['cmdline', 'environ']) {
      const bytes = await readFile(`/proc/${pid}/${file}`).catch(() => Buffer.alloc(0));
      if (holdsAny(bytes, words)) guilty.push(`${pid} ${file}`);
    }
  }
  return guilty;
}

/** What was copied, and on Linux what was selected last. */
function clipboards(): Promise<string[]> {
  return terminal.app.evaluate(({ clipboard }) => {
    const earlier = clipboard as { readText(type?: string): Promise<string> | string };
    const selected = clipboard.selection?.readText() ?? earlier.readText('selection');
    return Promise.all([clipboard.readText(), selected]);
  });
}
