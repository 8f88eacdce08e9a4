import type { RfbServer } from './rfb-server.ts';
import { type App, expect, type OpenOptions } from './screens-test.ts';
import { streaming } from './states.ts';

export const red = [200, 30, 40] as const;
export const green = [20, 160, 70] as const;

export const canvas = '.stage-display canvas';

/** What the page has told of its stream. */
export async function reports(app: App): Promise<unknown[]> {
  const calls = await app.calls();
  return calls.filter(({ name }) => name === 'reportStream').map(({ argument }) => argument);
}

/** Opens a session whose picture is live, and red. */
export async function openLive(app: App, rfb: RfbServer, options?: OpenOptions): Promise<void> {
  await app.open(streaming(rfb.url, 1), options);
  await expect.poll(() => rfb.asked).toBe(true);
  rfb.paint(red);
  await expect.poll(() => reports(app)).toEqual([{ kind: 'live', grant: 1 }]);
  await app.push(streaming(rfb.url, 1, { live: true }));
}
