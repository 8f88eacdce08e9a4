import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultFolders } from '../../src/broker/folders.ts';
import type { Session } from '../../src/contract/session.ts';
import { ImageLibrary } from '../../src/desktops/images/library.ts';
import { runTool } from '../../src/desktops/images/tools.ts';
import { requestStream } from '../../src/terminal/session-calls.ts';
import { BenchBrowser, type StreamAddress } from '../bench/stream/browser.ts';
import { TestBroker } from '../harness/broker.ts';
import { HeadlessTerminal } from '../harness/client.ts';
import { startOnDesktop } from '../harness/guest-screen.ts';
import { addHarbour } from '../harness/journey.ts';

const { cacheDir } = defaultFolders(process.env, process.getuid?.() ?? 0);
const library = new ImageLibrary({ root: join(cacheDir, 'images'), run: runTool, now: Date.now });
const hasImage = (await library.list()).images.some(({ manifest }) => manifest.kind === 'built');
const chromium = process.env.PORTHOLE_CHROMIUM ?? '/usr/bin/chromium';
const missing = whatIsMissing();
if (missing !== null) console.error(`skipped: ${missing}`);

function whatIsMissing(): string | null {
  if (!hasImage) return 'the guest image is not built; "npm start" builds it';
  return existsSync(chromium) ? null : `there is no ${chromium}`;
}

const ada = { username: 'ada', displayName: 'Ada', password: 'correct horse' };
/** Software emulation on a busy machine. */
const bootLimitMs = 240_000;

describe.skipIf(missing !== null)('noVNC on a real desktop, through the gateway', () => {
  let broker: TestBroker;
  let terminal: HeadlessTerminal;
  let browser: BenchBrowser;
  let session: Session;

  beforeAll(async () => {
    browser = await BenchBrowser.open();
    broker = await TestBroker.start({
      streamOrigins: [browser.origin],
      limits: { bootTimeoutSeconds: bootLimitMs / 1000 },
    });
    await addHarbour(broker, [ada]);
    terminal = await HeadlessTerminal.enroll(broker);
    await terminal.signIn(ada);
    session = await terminal.startSession();
    await broker.inGuest(session.id, (guest) => startOnDesktop(guest, '/usr/lib/porthole/animate'));
  }, bootLimitMs);
  afterAll(async () => {
    await terminal.dispose();
    await browser.dispose();
    await broker.dispose();
  });

  async function address(): Promise<StreamAddress> {
    const never = new AbortController().signal;
    return requestStream(terminal.client, session.id, 'screen-1', never);
  }

  /** Frames come, each with its fence, and the page asks for none of them. */
  async function expectAcceleration(page: Page): Promise<void> {
    await expect.poll(async () => (await countersOf(page)).fences, { timeout: 30_000 }).not.toBe(0);
    const before = await countersOf(page);
    await expect
      .poll(async () => (await countersOf(page)).frames - before.frames, { timeout: 60_000 })
      .toBeGreaterThan(20);
    const after = await countersOf(page);
    expect(after.fences - before.fences).toBeGreaterThan(10);
    expect(after.requests).toBe(before.requests);
  }

  it('gets frames without asking, before and after a resize', async () => {
    await browser.watch({ ...(await address()), resizes: true }, async (page) => {
      await expectAcceleration(page);
      await page.setViewportSize({ width: 912, height: 640 });
      const width = () => page.locator('canvas').evaluate((canvas) => canvas.clientWidth);
      await expect.poll(width, { timeout: 60_000 }).toBe(912);
      await expectAcceleration(page);
    });
  });

  it('gets them again on the next connection', async () => {
    await browser.watch(await address(), expectAcceleration);
  });

  it('asks for each of them when it knows no other way', async () => {
    await browser.watch({ ...(await address()), isPlain: true }, async (page) => {
      const requests = async () => (await countersOf(page)).requests;
      await expect.poll(requests, { timeout: 60_000 }).toBeGreaterThan(10);
      expect((await countersOf(page)).fences).toBe(0);
    });
  });
});

async function countersOf(page: Page) {
  const counters = await page.evaluate(() => window.bench?.counters);
  if (counters === undefined) throw new Error('the page of the bench is not there');
  return counters;
}
