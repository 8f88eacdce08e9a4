import { type Browser, type BrowserContext, chromium, type Page } from '@playwright/test';
import type { AsyncDisposable } from '../../src/contract/disposable.ts';

/** An administrator's own device: a real browser, which took the broker's certificate. */
export class AdministratorBrowser implements AsyncDisposable {
  readonly page: Page;
  readonly #browser: Browser;
  readonly #context: BrowserContext;

  private constructor(browser: Browser, context: BrowserContext, page: Page) {
    this.#browser = browser;
    this.#context = context;
    this.page = page;
  }

  /** With the window of a phone. */
  static async open(): Promise<AdministratorBrowser> {
    const browser = await chromium.launch({
      executablePath: process.env.PORTHOLE_CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    });
    const context = await browser.newContext({
      viewport: { width: 390, height: 844 },
      // As who was warned once and went on, having compared the fingerprint.
      ignoreHTTPSErrors: true,
    });
    return new AdministratorBrowser(browser, context, await context.newPage());
  }

  async dispose(): Promise<void> {
    await this.#context.close();
    await this.#browser.close();
  }
}
