import type { Page } from '@playwright/test';
import { countsOf } from '../options.ts';
import { percentile, rounded } from '../statistics.ts';
import { BenchBrowser, measureRates } from '../stream/browser.ts';
import { startSource } from './source.ts';

const screens = {
  still: { width: 1920, height: 1080, updates: 1 },
  '1080p': { width: 1920, height: 1080, updates: Number.POSITIVE_INFINITY },
  '4k': { width: 3840, height: 2160, updates: Number.POSITIVE_INFINITY },
} as const;
type Screen = (typeof screens)[keyof typeof screens];

/** `delayP50Ms` and `delayP99Ms`: how long input waits while noVNC decodes. */
type Figures = { fps: number; delayP50Ms: number; delayP99Ms: number };

/** What it costs that the page decodes on its main thread: every frame is wholly new. */
export async function benchDecode(
  args: readonly string[],
): Promise<Record<keyof typeof screens, Figures>> {
  const { seconds } = countsOf(args, { seconds: 5 });
  const browser = await BenchBrowser.open();
  try {
    return {
      still: await figuresAt(browser, screens.still, seconds),
      '1080p': await figuresAt(browser, screens['1080p'], seconds),
      '4k': await figuresAt(browser, screens['4k'], seconds),
    };
  } finally {
    await browser.dispose();
  }
}

async function figuresAt(browser: BenchBrowser, screen: Screen, seconds: number): Promise<Figures> {
  const source = await startSource(screen, screen.updates);
  try {
    return await browser.watch({ url: source.url, protocols: [] }, async (page) => {
      const { fps } = await measureRates(page);
      const delays = await measureDelays(page, seconds);
      return {
        fps,
        delayP50Ms: rounded(percentile(delays, 0.5)),
        delayP99Ms: rounded(percentile(delays, 0.99)),
      };
    });
  } finally {
    await source.dispose();
  }
}

/** Milliseconds from a moment at random until the page gets to it, as an event of input does. */
function measureDelays(page: Page, seconds: number): Promise<number[]> {
  return page.evaluate(async (count) => {
    const delays: number[] = [];
    const clock = new Worker(
      URL.createObjectURL(
        new Blob([
          'setInterval(() => postMessage(performance.timeOrigin + performance.now()), 50)',
        ]),
      ),
    );
    await new Promise<void>((resolve) => {
      clock.onmessage = ({ data }: MessageEvent<number>) => {
        delays.push(performance.timeOrigin + performance.now() - data);
        if (delays.length === count) resolve();
      };
    });
    clock.terminate();
    return delays;
  }, seconds * 20);
}
