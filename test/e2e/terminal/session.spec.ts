import { randomInt } from 'node:crypto';
import type { TestInfo } from '@playwright/test';
import { expect, type Page, test } from '@playwright/test';
import { TestTerminal } from '../../harness/app.ts';
import { TestBroker } from '../../harness/broker.ts';
import { type Display, startDisplay } from '../../harness/display.ts';
import {
  clickOnTypewriter,
  guestSize,
  linesIn,
  openTypewriter,
  runOnDesktop,
} from '../../harness/guest-screen.ts';
import {
  addHarbour,
  endSession,
  enterCredentials,
  openToolbar,
  signIn,
  waitForPicture,
} from '../../harness/journey.ts';
import { type Network, startNetwork } from '../../harness/network.ts';
import { scanQrCode } from '../../harness/qr-code.ts';

const ada = { username: 'ada', displayName: 'Ada', password: 'correct horse' };

/**
 * One user's day, on one desktop: each test goes on from where the last one left off, because a
 * guest that boots anew for each would teach nothing more.
 */
test.describe.configure({ mode: 'serial' });

let display: Display;
let broker: TestBroker;
let network: Network;
let terminal: TestTerminal;
let sessionId: string;

test.beforeAll(async () => {
  display = await startDisplay();
  network = await startNetwork(() => ({ host: '127.0.0.1', port: broker.port }));
  broker = await TestBroker.start({ publicOrigins: [`https://127.0.0.1:${network.port}`] });
  await addHarbour(broker, [ada]);
  terminal = await TestTerminal.create(display);
});

test.afterAll(async () => {
  await terminal?.dispose();
  await broker?.dispose();
  await network?.dispose();
  await display?.dispose();
});

test.afterEach(async ({}, info) => {
  await keepPicture(terminal.page, info, info.title);
});

test('asks for an administrator, and is enrolled once they have approved it', async () => {
  const address = `https://127.0.0.1:${network.port}`;
  const page = await terminal.open({ broker: address, enroll: null, demo: null });
  await expect(page.getByLabel('Address of the broker')).toHaveValue(address);
  await page.getByRole('button', { name: 'Enroll' }).click();
  const { searchParams } = new URL(await scanQrCode(page));
  const code = searchParams.get('code') ?? '';
  await expect(page.getByText(code, { exact: true })).toBeVisible();
  await broker.admin((admin) => admin.approveEnrollment({ code }));
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
});

test('signs in, after a wrong password that costs only the password', async () => {
  const { page } = terminal;
  await signIn(terminal, { ...ada, password: 'wrong' });
  const form = await terminal.signInPage();
  await expect(form.getByRole('alert')).toContainText('wrong');
  await expect(form.getByLabel('User name')).toHaveValue(ada.username);
  await enterCredentials(form, ada);
  await expect(page.getByRole('heading', { name: 'Your desktops' })).toBeVisible();
});

test('connects, showing the steps that really happen, until the desktop is there', async ({}, info) => {
  const { page } = terminal;
  await page.getByRole('button', { name: 'Connect to Harbour' }).click();
  await expect(page.getByText('Booting the system')).toBeVisible();
  await keepPicture(page, info, 'connecting');
  await waitForPicture(page);
  const [session] = await broker.admin((admin) => admin.listSessions());
  sessionId = session?.id ?? '';
  expect(session).toMatchObject({ state: 'running', username: 'ada' });
});

test('types into the guest', async () => {
  await broker.inGuest(sessionId, async (guest) => {
    await openTypewriter(guest, typewriters.left);
    await openTypewriter(guest, typewriters.right);
  });
  await typeIntoGuest('left');
});

test('moves the focus of the guest by a click of the mouse', async () => {
  await typeIntoGuest('right');
  await typeIntoGuest('left');
});

test('follows the size of the window', async () => {
  const before = await guestSize(terminal.page);
  await terminal.app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.setSize(1100, 700);
  });
  await expect.poll(() => guestSize(terminal.page)).not.toEqual(before);
  await expect.poll(async () => (await guestSize(terminal.page)).width).toBeLessThanOrEqual(1100);
  // Keys that arrive while an emulated guest lays everything out anew overflow its queue.
  await broker.inGuest(sessionId, (guest) => runOnDesktop(guest, 'xrandr --current'));
  await typeIntoGuest('left');
});

test('comes back after a reload', async () => {
  await terminal.page.reload();
  await waitForPicture(terminal.page);
  await typeIntoGuest('left');
});

test('keeps the last picture while the network is cut, and comes back when it heals', async ({}, info) => {
  const { page } = terminal;
  network.cut();
  await expect(page.getByText('What you see is its last picture')).toBeVisible();
  await expect(page.locator('.session canvas')).toBeVisible();
  await keepPicture(page, info, 'reconnecting');
  network.heal();
  await waitForPicture(page);
  await typeIntoGuest('left');
});

test('notices a network that fell silent, and comes back when it speaks again', async () => {
  const { page } = terminal;
  network.stall();
  await expect(page.locator('.session[data-picture=live]')).toHaveCount(0);
  await expect(page.getByText('What you see is its last picture')).toBeVisible();
  network.heal();
  await waitForPicture(page);
  await typeIntoGuest('left');
});

test('survives the broker being killed and started again', async () => {
  const before = await broker.guests();
  await broker.kill();
  await expect(terminal.page.getByText('What you see is its last picture')).toBeVisible();
  expect(await broker.guests()).toEqual(before);
  await broker.restart();
  await waitForPicture(terminal.page);
  expect(await broker.guests()).toEqual(before);
  await typeIntoGuest('left');
});

test('takes the session up again after a restart of the terminal', async () => {
  await terminal.close();
  await waitForPicture(await terminal.open());
  await typeIntoGuest('left');
});

test('shows nothing of the desktop while it is locked', async () => {
  const { page } = terminal;
  await page.locator('.session canvas').focus();
  await openToolbar(page);
  await page.getByRole('button', { name: 'Lock' }).click();
  await expect(page.getByRole('heading', { name: 'Locked' })).toBeVisible();
  await expect(page.locator('canvas')).toHaveCount(0);

  await page.getByRole('button', { name: 'Unlock' }).click();
  const form = await terminal.signInPage();
  await enterCredentials(form, { ...ada, password: 'wrong' });
  await expect(form.getByRole('alert')).toContainText('wrong');
  await enterCredentials(form, ada);
  await waitForPicture(page);
});

test('asks for the password when it was locked before a restart', async () => {
  const { page } = terminal;
  await openToolbar(page);
  await page.getByRole('button', { name: 'Lock' }).click();
  await expect(page.getByRole('heading', { name: 'Locked' })).toBeVisible();
  await terminal.close();
  const reopened = await terminal.open();
  await signIn(terminal, ada);
  await reopened.getByRole('button', { name: 'Continue on Harbour' }).click();
  await waitForPicture(reopened);
  await typeIntoGuest('right');
});

test('ends the desktop, of which nothing stays', async () => {
  const { page } = terminal;
  await endSession(page);
  await expect.poll(() => broker.guests()).toEqual([]);
  await page.getByRole('button', { name: 'Back to the desktops' }).click();
  await expect(page.getByRole('button', { name: 'Connect to Harbour' })).toBeVisible();
});

const typewriters = {
  left: { at: { x: 60, y: 120 }, file: '/tmp/left' },
  right: { at: { x: 560, y: 320 }, file: '/tmp/right' },
};

/** As a quick typist does it. Faster than an emulated guest may take its keys, QEMU drops some. */
const keyEveryMs = 60;

/** Clicks on one of the two terminals, types a word into it, and finds it in the guest's file. */
async function typeIntoGuest(side: keyof typeof typewriters): Promise<void> {
  const { page } = terminal;
  const typewriter = typewriters[side];
  const word = Array.from({ length: 12 }, () => String.fromCharCode(97 + randomInt(26))).join('');
  await broker.inGuest(sessionId, async (guest) => {
    await clickOnTypewriter(page, guest, typewriter);
    await page.keyboard.type(`${word}\n`, { delay: keyEveryMs });
    await expect.poll(async () => (await linesIn(guest, typewriter.file)).at(-2)).toBe(word);
  });
}

async function keepPicture(page: Page, info: TestInfo, name: string): Promise<void> {
  const path = info.outputPath(`${name.replaceAll(/\W+/g, '-')}.png`);
  await page.screenshot({ path });
  await info.attach(name, { path, contentType: 'image/png' });
}
