import { defineConfig } from '@playwright/test';

/** The packaged terminal against a real broker and a real guest. */
export default defineConfig({
  testDir: 'test/e2e/terminal',
  outputDir: 'test-results/terminal',
  // A guest needs a core, and the terminal and the broker need the other.
  workers: 1,
  forbidOnly: true,
  reporter: [['list']],
  timeout: 120_000,
  expect: { timeout: 30_000 },
});
