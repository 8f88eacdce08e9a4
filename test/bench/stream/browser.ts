import { type Browser, chromium, type Page } from '@playwright/test';
import type { AsyncDisposable } from '../../../src/contract/disposable.ts';
import { rounded } from '../statistics.ts';
import type { Area } from './page.ts';
import { servePage } from './page-server.ts';

/** Where a stream is to be had, as the page opens it. */
export type StreamAddress = {
  url: string;
  protocols: string[];
  /** The page does without fences and continuous updates. */
  isPlain?: boolean;
  /** The guest's screen takes the size of the page. */
  resizes?: boolean;
};

export type Rates = { fps: number; bytesPerSecond: number };

const measureMs = 4_000;
const letterA = { keysym: 0x61, code: 'KeyA' };

/** Debian's Chromium on the bench's page. */
export class BenchBrowser implements AsyncDisposable {
  readonly origin: string;
  readonly #browser: Browser;
  readonly #server: AsyncDisposable;

  private constructor(origin: string, browser: Browser, server: AsyncDisposable) {
    this.origin = origin;
    this.#browser = browser;
    this.#server = server;
  }

  static async open(): Promise<BenchBrowser> {
    const server = await servePage();
    const browser = await chromium.launch({
      executablePath: process.env.PORTHOLE_CHROMIUM ?? '/usr/bin/chromium',
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    });
    return new BenchBrowser(server.origin, browser, server);
  }

  /** Opens a stream and waits for its first frame. The page is closed after `use`. */
  async watch<T>(
    { url, protocols, isPlain, resizes }: StreamAddress,
    use: (page: Page) => Promise<T>,
  ): Promise<T> {
    const page = await this.#browser.newPage({
      viewport: { width: 1024, height: 768 },
      // The brokers of the bench are vouched for by nobody.
      ignoreHTTPSErrors: true,
    });
    const query = new URLSearchParams([
      ['url', url],
      ...protocols.map((name) => ['protocol', name]),
      ...(isPlain ? [['plain', '']] : []),
      ...(resizes ? [['resizes', '']] : []),
    ]);
    await page.goto(`${this.origin}/page.html?${query}`);
    await page.waitForFunction(() => window.bench !== undefined);
    await page.evaluate(() => window.bench?.firstFrame());
    try {
      return await use(page);
    } finally {
      await page.close();
    }
  }

  async dispose(): Promise<void> {
    await this.#browser.close();
    await this.#server.dispose();
  }
}

/** Frames painted and bytes received per second, while the guest animates. */
export async function measureRates(page: Page): Promise<Rates> {
  const { frames, bytes, tookMs } = await page.evaluate(async (windowMs) => {
    const counters = window.bench?.counters ?? { frames: 0, bytes: 0 };
    const before = { ...counters };
    const began = performance.now();
    await new Promise((resolve) => setTimeout(resolve, windowMs));
    return {
      frames: counters.frames - before.frames,
      bytes: counters.bytes - before.bytes,
      tookMs: performance.now() - began,
    };
  }, measureMs);
  return {
    fps: rounded((frames * 1_000) / tookMs),
    bytesPerSecond: Math.round((bytes * 1_000) / tookMs),
  };
}

/** Key-to-pixel in milliseconds, with the keyboard in a terminal of the guest at that area. */
export async function measureKeyToPixel(page: Page, area: Area, count: number): Promise<number[]> {
  const samples: number[] = [];
  while (samples.length < count) {
    samples.push(
      await page.evaluate(
        ([where, { keysym, code }]) =>
          window.bench?.keyToPixel(where, keysym, code) ?? Promise.reject(new Error('no bench')),
        [area, letterA] as const,
      ),
    );
  }
  return samples;
}
