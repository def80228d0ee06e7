/**
 * Four kinds of test, one after the other: `unit` in Node, `workerd` inside the Workers runtime, `system` against one
 * running Winnow (`inject('winnow').url`), `start` for starting and stopping it.
 */
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

const inWorkerd = ['test/workerd/**/*.test.ts'];
const onRunning = ['test/http/**/*.test.ts', 'test/faults/**/*.test.ts'];
const ofStarting = ['test/start/**/*.test.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...inWorkerd, ...onRunning, ...ofStarting],
          sequence: { groupOrder: 1 },
        },
      },
      {
        plugins: [cloudflareTest({ wrangler: { configPath: './wrangler.toml' } })],
        test: { name: 'workerd', include: inWorkerd, sequence: { groupOrder: 2 } },
      },
      {
        test: {
          name: 'system',
          include: onRunning,
          globalSetup: './test/start/setup.ts',
          fileParallelism: false, // one running Winnow, two cores: timings and queues stay a test's own
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: 'start',
          include: ofStarting,
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
