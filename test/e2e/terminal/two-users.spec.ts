import { expect, type Page, test } from '@playwright/test';
import { TestTerminal } from '../../harness/app.ts';
import { TestBroker } from '../../harness/broker.ts';
import { HeadlessTerminal } from '../../harness/client.ts';
import { type Display, startDisplay } from '../../harness/display.ts';
import { openTypewriter } from '../../harness/guest-screen.ts';
import { addHarbour, endSession, enrollAndSignIn, waitForPicture } from '../../harness/journey.ts';

const ada = { username: 'ada', displayName: 'Ada', password: 'correct horse' };
const grace = { username: 'grace', displayName: 'Grace', password: 'battery staple' };

/** Two people at two terminals, on a desktop that both are entitled to, at the same time. */
test.describe.configure({ mode: 'serial' });

type Seat = { user: typeof ada; terminal: TestTerminal; sessionId: string };

let display: Display;
let broker: TestBroker;
const seats: Seat[] = [];

test.beforeAll(async () => {
  display = await startDisplay();
  broker = await TestBroker.start();
  await addHarbour(broker, [ada, grace]);
  await broker.admin((admin) =>
    admin.addPool({
      name: 'Lighthouse',
      image: 'porthole-desktop',
      engine: 'full',
      memoryMb: 384,
      cpus: 1,
      users: [ada.username],
    }),
  );
  for (const user of [ada, grace]) {
    seats.push({ user, terminal: await TestTerminal.create(display), sessionId: '' });
  }
});

test.afterAll(async () => {
  for (const { terminal } of seats) await terminal.dispose();
  await broker?.dispose();
  await display?.dispose();
});

test('each sees the desktops they are entitled to', async () => {
  for (const { terminal, user } of seats) await enrollAndSignIn(broker, terminal, user);
  await expect(seat('ada').page.getByRole('button', { name: /^Connect to/ })).toHaveCount(2);
  await expect(seat('grace').page.getByRole('button', { name: /^Connect to/ })).toHaveCount(1);
});

test('each gets a desktop of their own, and nothing of the other', async () => {
  for (const { page } of [seat('ada'), seat('grace')]) {
    await page.getByRole('button', { name: 'Connect to Harbour' }).click();
  }
  for (const one of seats) {
    await waitForPicture(one.terminal.page);
    const sessions = await broker.admin((admin) => admin.listSessions());
    one.sessionId = sessions.find(({ username }) => username === one.user.username)?.id ?? '';
  }
  expect(new Set(seats.map(({ sessionId }) => sessionId)).size).toBe(2);
  expect(await broker.guests()).toHaveLength(2);
});

test('what one types reaches their own guest alone', async () => {
  for (const { sessionId } of seats) {
    await broker.inGuest(sessionId, (guest) =>
      openTypewriter(guest, { at: { x: 60, y: 120 }, file: '/tmp/typed' }),
    );
  }
  for (const { terminal, user, sessionId } of seats) {
    await terminal.page.locator('.session canvas').focus();
    await terminal.page.keyboard.type(`${user.username} was here\n`, { delay: 60 });
    await expect.poll(() => typedInto(sessionId)).toBe(`${user.username} was here\n`);
  }
  expect(await typedInto(seats[0]?.sessionId ?? '')).toBe('ada was here\n');
});

test('a terminal that knows the id of the other session gets nothing by it', async () => {
  const elsewhere = await HeadlessTerminal.enroll(broker);
  try {
    await elsewhere.signIn(grace);
    const { client } = elsewhere;
    const call = { params: { id: seats[0]?.sessionId ?? '' } };
    const tries = [
      () => client.call('getSession', { ...call, query: {} }),
      () => client.call('createTicket', { ...call, query: {} }),
      () => client.call('sessionPicture', call),
      () => client.call('endSession', call),
    ];
    for (const attempt of tries) {
      await expect(attempt()).rejects.toMatchObject({ code: 'session-not-found' });
    }
  } finally {
    await elsewhere.dispose();
  }
});

test('one of them ends, and the other works on', async () => {
  await endSession(seat('ada').page);
  await expect.poll(() => broker.guests()).toHaveLength(1);

  await seat('grace').page.locator('.session canvas').focus();
  await seat('grace').page.keyboard.type('and still is\n', { delay: 60 });
  const own = seats[1]?.sessionId ?? '';
  await expect.poll(() => typedInto(own)).toBe('grace was here\nand still is\n');
});

function seat(username: string): { page: Page } {
  const found = seats.find(({ user }) => user.username === username);
  if (found === undefined) throw new Error(`nobody called ${username} has a terminal`);
  return found.terminal;
}

function typedInto(sessionId: string): Promise<string> {
  return broker.inGuest(sessionId, async (guest) =>
    (await guest.readFile('/tmp/typed')).toString(),
  );
}
