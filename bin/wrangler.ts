/** wrangler's command line, with the config that WINNOW_CONFIG names. */
import { createRequire } from 'node:module';
import { join } from 'node:path';

const wrangler = join(createRequire(import.meta.url).resolve('wrangler/package.json'), '..', 'bin', 'wrangler.js');

/** Arguments for Node: wrangler, its command, and the file that `import '#winnow.config.json'` stands for. */
export const wranglerArgs = (subcommand: string, configPath: string, ...more: readonly string[]): string[] => [
  wrangler,
  subcommand,
  '--alias',
  `#winnow.config.json:${configPath}`,
  ...more,
];

/** Arguments for Node: wrangler with `args` alone. */
export const plainWranglerArgs = (...args: readonly string[]): string[] => [wrangler, ...args];

/** This environment, without wrangler's reports to its maker. */
export const wranglerEnvironment = { ...process.env, WRANGLER_SEND_METRICS: 'false' };
