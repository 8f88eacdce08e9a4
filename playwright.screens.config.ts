import { defineConfig } from '@playwright/test';

/** The renderer's screens in a real browser, against a scripted bridge and a scripted desktop. */
export default defineConfig({
  testDir: 'test/e2e/screens',
  outputDir: 'test-results/screens',
  workers: 2,
  fullyParallel: true,
  forbidOnly: true,
  reporter: [['list']],
  timeout: 30_000,
  use: {
    viewport: { width: 1366, height: 768 },
    locale: 'en-GB',
    timezoneId: 'UTC',
    launchOptions: {
      executablePath: process.env.PORTHOLE_CHROMIUM ?? '/usr/bin/chromium',
      // Chromium's sandbox refuses to start as root, which is what a container's user is.
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    },
  },
});
