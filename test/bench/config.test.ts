import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { packagedConfig, withConfig } from '../../bench/config.ts';

test('a configuration stands in a folder of its own, which is gone after a run that failed, too', async () => {
  const folders: string[] = [];
  const run = async (path: string): Promise<unknown> => {
    folders.push(dirname(path));
    return JSON.parse(readFileSync(path, 'utf8'));
  };
  expect(await withConfig({ caps: { max_n: 2 } }, run)).toEqual({ caps: { max_n: 2 } });
  expect(await withConfig((folder) => ({ model: join(folder, 'model') }), run)).toEqual({ model: join(folders[1]!, 'model') });
  const failing = async (path: string) => {
    await run(path);
    throw new Error('interrupted');
  };
  await expect(withConfig({}, failing)).rejects.toThrow('interrupted');
  expect(new Set(folders).size).toBe(3);
  expect(folders.filter((folder) => existsSync(folder))).toEqual([]);
});

test('what is packaged finds its models from any folder', () => {
  const models = Object.values(packagedConfig().models) as { readonly path: string }[];
  expect(models.length).toBeGreaterThan(0);
  for (const { path } of models) expect(existsSync(path), path).toBe(true);
});
