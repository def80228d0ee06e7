/** wrangler's command line, with the config that WINNOW_CONFIG names. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { workerAliases } from './edge-onnx.ts';
import { writeGenerated } from './generated.ts';
import { root } from './settings.ts';

const wrangler = join(createRequire(import.meta.url).resolve('wrangler/package.json'), '..', 'bin', 'wrangler.js');

/** Arguments for Node: wrangler, its command, and what the Worker's `#` imports stand for. */
export const wranglerArgs = (subcommand: string, configPath: string, ...more: readonly string[]): string[] => [
  wrangler,
  subcommand,
  '--tsconfig',
  tsconfig(workerAliases(configPath)),
  ...more,
];

/** Imports by another name go to wrangler as paths of a tsconfig.json: `wrangler dev` takes `--alias` and does nothing with it. */
function tsconfig(aliases: Readonly<Record<string, string>>): string {
  const paths = Object.fromEntries(Object.entries(aliases).map(([name, file]) => [name, [file]]));
  return writeGenerated('json', JSON.stringify({ extends: join(root, 'src', 'tsconfig.json'), compilerOptions: { paths } }));
}

/** Arguments for Node: wrangler with `args` alone. */
export const plainWranglerArgs = (...args: readonly string[]): string[] => [wrangler, ...args];

/** This environment, without wrangler's reports to its maker. */
export const wranglerEnvironment = { ...process.env, WRANGLER_SEND_METRICS: 'false' };
