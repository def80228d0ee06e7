/**
 * Six kinds of test, one after the other: `unit` in Node, `models` there too, with language models of many kinds, `workerd` inside the Workers runtime, `edge` there too, with the
 * reward model inside the Worker, `system` against one running Winnow (`inject('winnow').url`), `start` for starting and
 * stopping it.
 */
import { resolve } from 'node:path';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { workerAliases } from './bin/edge-onnx.ts';

const inWorkerd = ['test/workerd/**/*.test.ts'];
const withEdgeModels = ['test/workerd/edge-*.test.ts'];
const onRunning = ['test/http/**/*.test.ts', 'test/faults/**/*.test.ts'];
const ofModels = ['test/models/**/*.test.ts'];
const ofStarting = ['test/start/**/*.test.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...inWorkerd, ...onRunning, ...ofStarting, ...ofModels],
          testTimeout: 60_000, // a property of a search runs hundreds of them; the machine may be busy
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'models',
          include: ofModels,
          fileParallelism: false, // a real model takes every core and a GB
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 5 },
        },
      },
      {
        plugins: [cloudflareTest({ wrangler: { configPath: './wrangler.toml' } })],
        test: {
          name: 'workerd',
          include: inWorkerd,
          exclude: withEdgeModels,
          testTimeout: 30_000, // the first of a file waits until every module of the Worker is there
          sequence: { groupOrder: 2 },
        },
      },
      {
        plugins: [cloudflareTest({ wrangler: { configPath: './wrangler.toml' } })],
        resolve: { alias: workerAliases(resolve('test/workerd/edge.config.json')) },
        test: {
          name: 'edge',
          include: withEdgeModels,
          globalSetup: './test/workerd/edge-scores.ts',
          testTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
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
