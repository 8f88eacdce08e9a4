import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          environment: 'node',
          // No file leaves anything behind in its process, and loading all anew takes the most time.
          isolate: false,
          // None waits for a clock; a busy machine may take its time all the same.
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'broker-postgres',
          include: ['test/unit/src/broker/**/*.test.ts'],
          // What is SQLite's own, and what has no store.
          exclude: [
            'test/unit/src/broker/{gateway,store,tls}/**',
            'test/unit/src/broker/{config*,every,log}.test.ts',
          ],
          environment: 'node',
          isolate: false,
          globalSetup: 'test/harness/postgres-setup.ts',
          setupFiles: 'test/harness/postgres-needed.ts',
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/security/**/*.test.ts'],
          environment: 'node',
          // A guest boots in about 10 s under software emulation; two at once share two cores.
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
