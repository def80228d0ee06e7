/** Configurations of the benches. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../bin/settings.ts';

type Entries = Readonly<Record<string, object>>;

/** What is packaged, its models by whole paths: it may stand in any folder. */
export function packagedConfig(): { readonly policies: Entries; readonly rewards: Entries; readonly models: Entries } {
  const packaged = JSON.parse(readFileSync(join(root, 'winnow.config.json'), 'utf8'));
  const models = Object.entries<{ path: string }>(packaged.models);
  return {
    ...packaged,
    models: Object.fromEntries(models.map(([name, model]) => [name, { ...model, path: join(root, model.path) }])),
  };
}

/**
 * Runs with a configuration in a temporary folder, which is taken away whatever comes of it.
 *
 * @param config  or how to make it, where the folder holds more than that
 */
export async function withConfig<Result>(
  config: object | ((folder: string) => object),
  run: (path: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'winnow-bench-'));
  try {
    const path = join(folder, 'winnow.config.json');
    writeFileSync(path, JSON.stringify(typeof config === 'function' ? config(folder) : config));
    return await run(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
