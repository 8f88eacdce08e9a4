// `npm run smoke`: the whole main job without a person, in the packaged app against a real guest:
// start, enroll, sign in, connect, type into the guest, see it, read it back from the guest, end.
// The last line is JSON.
import { randomUUID } from 'node:crypto';
import type { Page } from '@playwright/test';
import { median } from '../bench/statistics.ts';
import { until } from '../fakes/until.ts';
import { TestTerminal } from '../harness/app.ts';
import { TestBroker } from '../harness/broker.ts';
import { startDisplay } from '../harness/display.ts';
import { clickOnTypewriter, linesIn, openTypewriter } from '../harness/guest-screen.ts';
import {
  addHarbour,
  endSession,
  openEnrolled,
  signIn,
  waitForPicture,
} from '../harness/journey.ts';

type Smoke = {
  electron: string;
  engine: string;
  accelerator: string | null;
  /** From the start of the page's navigation to its first paint with content. */
  firstPaintMs: number;
  /** From the start of the app to the screen of a terminal that is enrolled. */
  startToEnrolledMs: number;
  /** From the click to the list of desktops, the broker's page between. */
  signInMs: number;
  clickToFirstFrameMs: number;
  keyToPixelMs: number;
};

const user = { username: 'ada', displayName: 'Ada', password: randomUUID() };
const typewriter = { at: { x: 60, y: 120 }, file: '/tmp/typed' };

try {
  process.stdout.write(`${JSON.stringify({ ok: true, ...(await smoke()) })}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.stdout.write(`${JSON.stringify({ ok: false, error: String(error) })}\n`);
  process.exitCode = 1;
}

async function smoke(): Promise<Smoke> {
  const display = await startDisplay();
  const broker = await TestBroker.start();
  const terminal = await TestTerminal.create(display);
  try {
    await addHarbour(broker, [user]);
    say('The broker is listening');
    const enrollment = await timed(() => openEnrolled(broker, terminal));
    const { result: page, tookMs: startToEnrolledMs } = enrollment;
    const firstPaintMs = await page.evaluate(firstPaint);
    say(`Enrolled ${startToEnrolledMs} ms after the start, first paint after ${firstPaintMs} ms`);
    const { tookMs: signInMs } = await timed(async () => {
      await signIn(terminal, user);
      await page.getByRole('button', { name: 'Connect to Harbour' }).waitFor();
    });
    say(`Signed in after ${signInMs} ms`);
    const clickToFirstFrameMs = await connect(page);
    say(`The desktop is on the screen after ${clickToFirstFrameMs} ms`);
    const session = await theSession(broker, page);
    const keyToPixelMs = await type(broker, page, session.id);
    say(`A key is on the screen after ${keyToPixelMs} ms, and the guest has read the line`);
    await end(broker, page);
    say('The desktop is gone');
    const electron = await terminal.app.evaluate(() => process.versions.electron ?? '');
    const { engine, accelerator } = session;
    const times = { firstPaintMs, startToEnrolledMs, signInMs, clickToFirstFrameMs, keyToPixelMs };
    return { electron, engine, accelerator, ...times };
  } finally {
    for (const one of [terminal, broker, display]) await one.dispose();
  }
}

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; tookMs: number }> {
  const began = performance.now();
  const result = await work();
  return { result, tookMs: Math.round(performance.now() - began) };
}

async function connect(page: Page): Promise<number> {
  const { tookMs } = await timed(async () => {
    await page.getByRole('button', { name: 'Connect to Harbour' }).click();
    await waitForPicture(page);
  });
  return tookMs;
}

async function theSession(
  broker: TestBroker,
  page: Page,
): Promise<{ id: string; engine: string; accelerator: string | null }> {
  const state = await page.evaluate(() => window.porthole?.getState());
  if (!state?.ok || state.value.kind !== 'streaming')
    throw new Error('the terminal is not streaming');
  const { id, desktop, accelerator } = state.value.session;
  const [listed] = await broker.admin((admin) => admin.listSessions());
  if (listed?.id !== id) throw new Error('the broker lists another session');
  return { id, engine: desktop.engine, accelerator };
}

/**
 * Types a word that nobody knew before and finds it in the guest.
 * @returns the median of the milliseconds from each letter's key to the first changed pixel
 */
async function type(broker: TestBroker, page: Page, sessionId: string): Promise<number> {
  const word = randomUUID().replaceAll('-', '').slice(0, 12);
  return broker.inGuest(sessionId, async (guest) => {
    await openTypewriter(guest, typewriter);
    await clickOnTypewriter(page, guest, typewriter);
    const samples: number[] = [];
    for (const letter of word) {
      const watch = await page.evaluateHandle(watchNextKey);
      await page.keyboard.press(letter);
      samples.push(await watch.evaluate(({ changed }) => changed));
    }
    await page.keyboard.press('Enter');
    await until(
      'the guest has read the line',
      async () => (await linesIn(guest, typewriter.file)).at(-2) === word,
    );
    return Math.round(median(samples));
  });
}

/** In the page. */
function firstPaint(): number {
  const [entry] = performance.getEntriesByName('first-contentful-paint');
  if (entry === undefined) throw new Error('nothing was painted');
  return Math.round(entry.startTime);
}

/** In the page: milliseconds from the next key until the guest's terminal looks different. */
function watchNextKey(): { changed: Promise<number> } {
  const canvas = document.querySelector<HTMLCanvasElement>('.session canvas');
  const context = canvas?.getContext('2d');
  if (!context) throw new Error('there is no picture');
  const look = () => context.getImageData(60, 140, 400, 200).data;
  const changed = new Promise<number>((resolve, reject) => {
    setTimeout(() => reject(new Error('nothing changed within 10 s of a key')), 10_000);
    const watch = (): void => {
      const before = look();
      const began = performance.now();
      const compare = (): void => {
        const changed = look().some((value, index) => value !== before[index]);
        if (changed) resolve(performance.now() - began);
        else requestAnimationFrame(compare);
      };
      compare();
    };
    addEventListener('keydown', watch, { once: true, capture: true });
  });
  return { changed };
}

async function end(broker: TestBroker, page: Page): Promise<void> {
  await endSession(page);
  await until('the guest is gone', async () => (await broker.guests()).length === 0);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
