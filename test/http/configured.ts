/** A Winnow with a config of its own, beside the one that all tests share. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { forTests, startWinnow, type Winnow } from '../../bin/running.ts';
import shipped from '../../winnow.config.json' with { type: 'json' };

const START_MS = 180_000; // longer than startWinnow waits, so that it says itself what was not ready

/** The models of winnow.config.json for a config in any folder; one thread each, for more than one Winnow runs here. */
export const shippedModels = Object.fromEntries(
  Object.entries(shipped.models).map(([name, { path }]) => [name, { path: resolve(path), threads: 1 }]),
);

/**
 * Starts it before the tests of this file or `describe`, and after them stops it and removes its config.
 *
 * @param config  what winnow.config.json is to hold, or how to make it when the earlier `beforeAll` are done
 * @returns where it answers, to be read in tests; a `Call` for the functions of winnow.ts
 */
export function configured(config: object | (() => object)): Pick<Winnow, 'url' | 'backendUrl'> {
  const folder = mkdtempSync(join(tmpdir(), 'winnow-test-'));
  let winnow: Winnow | undefined;
  beforeAll(async () => {
    const path = join(folder, 'winnow.config.json');
    writeFileSync(path, JSON.stringify(typeof config === 'function' ? config() : config));
    winnow = await startWinnow(forTests({ WINNOW_CONFIG: path }));
  }, START_MS);
  afterAll(async () => {
    await winnow?.stop();
    rmSync(folder, { recursive: true });
  });
  return {
    get url() {
      return winnow!.url; // a test runs only after beforeAll
    },
    get backendUrl() {
      return winnow!.backendUrl;
    },
  };
}
