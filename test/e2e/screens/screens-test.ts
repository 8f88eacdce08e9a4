import { test as base, expect, type Page } from '@playwright/test';
import type { Problem } from '../../../src/contract/errors.ts';
import type { AppInfo, CallName, Preferences } from '../../../src/contract/ipc.ts';
import type { TerminalState } from '../../../src/contract/terminal.ts';
import { startAppServer } from './app-server.ts';
import { type BridgeCall, installFakeBridge, removeFakeBridge } from './fake-bridge.ts';
import { RfbServer } from './rfb-server.ts';

const info: AppInfo = {
  version: '0.1.0',
  electron: '45.4.1',
  systemLanguage: 'en-GB',
  terminalName: 'test',
  vault: 'keychain',
  managed: false,
};

export const untouchedPreferences: Preferences = {
  language: null,
  theme: null,
  textSize: 100,
  showsFigures: false,
  scaling: 'follow',
  density: 'even',
};

export type OpenOptions = {
  fits?: boolean;
  preferences?: Partial<Preferences>;
  info?: Partial<AppInfo>;
};

/** The renderer in a page, and the other end of its bridge. */
export class App {
  readonly page: Page;
  readonly #origin: string;
  /** A picture that cannot be had and a connection that is lost are part of what is tested. */
  readonly #tolerated = [/Failed to load resource/, /WebSocket/, /Failed when connect/];

  constructor(page: Page, origin: string) {
    this.page = page;
    this.#origin = origin;
  }

  async open(state: TerminalState, options: OpenOptions = {}): Promise<void> {
    await this.page.addInitScript(installFakeBridge, {
      state,
      info: { ...info, ...options.info },
      preferences: { ...untouchedPreferences, ...options.preferences },
      fits: options.fits ?? false,
    });
    await this.#load();
  }

  /** As in a browser, where there is no bridge. */
  async openOutside(): Promise<void> {
    await this.page.addInitScript(removeFakeBridge);
    await this.#load();
  }

  /** Waits for all that comes by itself: letters, pictures, a part of the app, and their frame. */
  async settled(): Promise<void> {
    await this.page.waitForFunction(
      () =>
        document.fonts.status === 'loaded' &&
        [...document.images].every(({ complete }) => complete) &&
        document.querySelector('.session:not([data-picture])') === null,
    );
    await this.frames();
  }

  /** Two frames on, what was changed before has been laid out and painted. */
  async frames(): Promise<void> {
    await this.page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
  }

  /** Errors on the console that the test is there to bring about. */
  tolerate(...patterns: RegExp[]): void {
    this.#tolerated.push(...patterns);
  }

  tolerates(complaint: string): boolean {
    return this.#tolerated.some((pattern) => pattern.test(complaint));
  }

  push(state: TerminalState): Promise<void> {
    return this.page.evaluate((next) => window.fakeBridge.push(next), state);
  }

  refuse(name: CallName, problem: Problem): Promise<void> {
    return this.page.evaluate(([call, why]) => window.fakeBridge.refuse(call, why), [
      name,
      problem,
    ] as const);
  }

  /** What the page asked for, waiting until there is something. */
  async expectCalls(...expected: BridgeCall[]): Promise<void> {
    await expect.poll(() => this.calls()).toEqual(expected);
  }

  calls(): Promise<BridgeCall[]> {
    return this.page.evaluate(() => window.fakeBridge.calls);
  }

  async #load(): Promise<void> {
    await this.page.goto(this.#origin);
    // The static page has no level of headings, and every screen but the live picture has one.
    await expect(this.page.locator('h1').first()).toBeAttached();
  }
}

type Fixtures = { app: App; rfb: RfbServer };
type WorkerFixtures = { origin: string };

export const test = base.extend<Fixtures, WorkerFixtures>({
  origin: [
    async ({}, use) => {
      const server = await startAppServer();
      await use(server.origin);
      await server.close();
    },
    { scope: 'worker' },
  ],
  app: async ({ page, origin }, use) => {
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    const app = new App(page, origin);
    await use(app);
    expect(complaints.filter((text) => !app.tolerates(text))).toEqual([]);
  },
  rfb: async ({}, use) => {
    const server = await RfbServer.start();
    await use(server);
    await server.stop();
  },
});

export { expect } from '@playwright/test';
